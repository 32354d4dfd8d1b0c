"""Events, letters and the like, with what a test does not care about filled in."""

from typing import Literal

from mesh.event import Event
from mesh.ledger.records import Append, Failure, Letter

BROKER = "cabs/default"


def event(
    event_id: str = "e-1", event_type: str = "ride", data: bytes | None = b'{"km":"12.50"}', **more: str
) -> Event:
    required = {"specversion": "1.0", "id": event_id, "source": "/app", "type": event_type}
    return Event(required | more, data)


def append(event_id: str = "e-1", broker: str = BROKER, target: str | None = None, data: bytes = b"{}") -> Append:
    return Append(broker, event(event_id, data=data), 5.0, target)


def failure(code: int | None = 422, reason: str = "status 422") -> Failure:
    return Failure("http://invoice/", code, b"no", {"reason": "far"}, reason, 1)


def letter(letter_id: str = "l-1", state: Literal["sunk", "kept"] = "kept", trigger: str = "cabs/invoice") -> Letter:
    return Letter(letter_id, state, trigger, BROKER, 7.0, event(), failure())
