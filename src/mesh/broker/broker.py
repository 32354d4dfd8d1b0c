"""A broker: stores what is published and wakes its triggers' dispatchers."""

import asyncio
from collections.abc import Sequence

from mesh.broker.broker_class import BrokerClass
from mesh.broker.dispatcher import Dispatcher
from mesh.broker.history import History
from mesh.clock import Clock
from mesh.event import Event
from mesh.ledger.port import Ledger
from mesh.ledger.records import Append, Change, Exhume, Letter, Stored


class Broker:
    """`dispatchers` are set by the composition root, once there are any."""

    def __init__(self, key: str, broker_class: BrokerClass, ledger: Ledger, history: History, clock: Clock) -> None:
        self.key = key
        self.broker_class = broker_class
        self.dispatchers: Sequence[Dispatcher] = ()
        self._ledger = ledger
        self._history = history
        self._clock = clock

    def publish(self, event: Event) -> "asyncio.Future[list[int]]":
        """Store the event for all triggers; the future fails with LedgerUnavailable when it cannot be."""
        return self._append(Append(self.key, event, self._clock.now()))

    async def replay(self, event: Event, letter: Letter) -> None:
        """Put a dead letter's event back for its trigger alone, and take the letter off the list."""
        new = Append(self.key, event, self._clock.now(), target=letter.trigger, replay_of=letter.id)
        # Shielded: the event is stored even when the one who asked has gone, and its trigger must be woken then, too.
        await asyncio.shield(self._append(new, Exhume(letter.id)))

    def _append(self, new: Append, *more: Change) -> "asyncio.Future[list[int]]":
        future = self._ledger.write(new, *more)
        future.add_done_callback(lambda done: self._stored(done, new))
        return future

    def appended(self, stored: Stored) -> None:
        """Take note of an event that is in the ledger now."""
        self._history.accepted(stored)
        for dispatcher in self.dispatchers:
            dispatcher.wake()

    def _stored(self, done: "asyncio.Future[list[int]]", new: Append) -> None:
        if not done.cancelled() and done.exception() is None:
            (seq,) = done.result()
            self.appended(Stored(seq, new.broker, new.accepted_at, new.event, new.target, new.replay_of))
