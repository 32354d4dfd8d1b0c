"""What the ledger holds and the changes it takes, as values."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from mesh.event import Event

Phase = Literal["subscriber", "dead_letter_sink"]


class Failure(msgspec.Struct, frozen=True):
    """Why an event was given up, as its dead letter tells it; `code` is None without a response."""

    destination: str
    code: int | None
    body: bytes
    extensions: dict[str, str]
    reason: str
    attempts: int
    told: bool = True  # whether the dead letter itself says so


class Progress(msgspec.Struct, frozen=True):
    """How far a delivery that is not done has come: attempts whose outcome is recorded, and when the next is due."""

    phase: Phase = "subscriber"
    attempts: int = 0
    due: float = 0.0  # seconds since the epoch
    last: str = ""  # the last outcome in words
    failure: Failure | None = None  # set in phase dead_letter_sink


class Stored(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An event in the ledger. `target` is the only trigger it is for, when it is a replay."""

    seq: int
    broker: str
    accepted_at: float
    event: Event
    target: str | None = None
    replay_of: str | None = None
    partition: int = 0
    offset: int = 0  # within its broker's partition, from 0


class Letter(msgspec.Struct, frozen=True):
    """A dead letter: the original event and why it was given up."""

    id: str
    state: Literal["sunk", "kept"]
    trigger: str
    broker: str
    died_at: float
    event: Event
    failure: Failure


class LetterCount(msgspec.Struct, frozen=True):
    """How many dead letters a trigger has of one event type in one state."""

    trigger: str
    event_type: str
    state: Literal["sunk", "kept"]
    number: int


class Append(msgspec.Struct, frozen=True, gc=False):
    """Store an event; its sequence number is `write`'s answer."""

    broker: str
    event: Event
    accepted_at: float
    target: str | None = None
    replay_of: str | None = None
    partition: int = 0


class Advance(msgspec.Struct, frozen=True):
    """Everything up to `position` is done for these triggers, or has a row of its own."""

    triggers: Sequence[str]
    position: int


class Finish(msgspec.Struct, frozen=True):
    """The trigger is done with these events; their rows, if any, go."""

    trigger: str
    seqs: Sequence[int]
    position: int


class Postpone(msgspec.Struct, frozen=True):
    """The trigger tries this event again later, from here."""

    trigger: str
    seq: int
    position: int
    progress: Progress


class Bury(msgspec.Struct, frozen=True):
    """List a dead letter."""

    letter: Letter


class Exhume(msgspec.Struct, frozen=True):
    """Take a dead letter off the list: it was replayed or discarded."""

    letter_id: str


class Subscribe(msgspec.Struct, frozen=True):
    """A trigger: a new one starts at the broker's newest event, a known one stays where it is.

    `rule` is what it wants, in whoever's writing: kept for when it is gone.
    """

    trigger: str
    broker: str
    rule: bytes = b""


class Unsubscribe(msgspec.Struct, frozen=True):
    """A trigger that is gone: its position and its rows go."""

    trigger: str


Change = Append | Advance | Finish | Postpone | Bury | Exhume | Subscribe | Unsubscribe


class Subscription(msgspec.Struct, frozen=True):
    """Where a trigger stands: all to `position` is done but `open`; beyond it only `done` is."""

    trigger: str
    broker: str
    position: int
    open: dict[int, Progress]
    done: frozenset[int]
    rule: bytes = b""

    def has_outstanding(self, stored: Stored) -> bool:
        """Whether it is not done with this event of its broker."""
        ahead = stored.seq > self.position and stored.seq not in self.done
        return (ahead or stored.seq in self.open) and stored.target in (None, self.trigger)
