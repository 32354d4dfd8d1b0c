"""What the receiver and the mesh tell each other. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from mesh.event import Event


class Publish(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An event for a broker (`namespace/name`); its answer will have this number."""

    number: int
    broker: str
    event: Event


class Events(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=0):
    """From the receiver: what came in, in order."""

    events: list[Publish]


class Heard(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """From the receiver, once for each `Serve`: so it is."""


class Serve(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """To the receiver: the brokers that there are, each with the name of its class, and what probes are answered."""

    brokers: Mapping[str, str]
    ready: bool


class Answers(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """To the receiver: the numbers of what its producers are told is accepted, and of what is not."""

    accepted: Sequence[int]
    not_stored: Sequence[int]


class Stop(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """To the receiver: take no new client, and end when all are answered, or after so many seconds."""

    within: float


FromReceiver = Events | Heard
ToReceiver = Serve | Answers | Stop
