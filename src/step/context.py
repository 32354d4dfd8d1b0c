"""What a step sees of the world around its event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from step.database import Connection
from step.event import Event
from step.reply import Cause
from step.settings import Settings


class Sink(Protocol):
    """Where events are sent besides the reply."""

    async def send(self, event: Event, trace: Mapping[str, str]) -> None: ...


class Context(msgspec.Struct, frozen=True):
    """One event's surroundings; `database` is in the transaction that also holds the inbox row and the reply."""

    event: Event
    database: Connection
    settings: Settings
    sink: Sink
    at: datetime
    trace: Mapping[str, str] = {}

    def now(self) -> datetime:
        """The instant at which the work on this event began, in UTC; the same for all of it."""
        return self.at

    @property
    def cause(self) -> str:
        """What a reply to this event follows from; kept beside a row, it gives the same reply again (`Reply`)."""
        return str(Cause.of(self.event, self.at))

    async def send(self, event: Event) -> None:
        """Post an event as it is to K_SINK, at least once: again when this event is worked on again.

        Raises Unavailable when the sink does not take it.
        """
        await self.sink.send(event, self.trace)
