"""A broker: places what is published, stores it and wakes its triggers' dispatchers."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from mesh.broker.broker_class import BrokerClass
from mesh.broker.dispatcher import Dispatcher
from mesh.broker.feed import Feed
from mesh.broker.history import History
from mesh.broker.message import Messages
from mesh.broker.partitions import partition_of
from mesh.broker.settlement import Settlements
from mesh.clock import Clock
from mesh.event import Event
from mesh.ledger.port import Answer, Ledger
from mesh.ledger.records import Append, Exhume, Letter, Stored
from mesh.manifests.model import Broker as Manifest

FAN_OUT_SECONDS = 15 * 60.0  # of the in-memory channel (inmemorychannel/dispatcher/inmemorychannel.go)


class Broker:
    """`serve` tells it its triggers' dispatchers, once there are any.

    `triggers` is how many there are, or will be: what comes before their dispatchers run is for them, too.
    """

    def __init__(
        self, manifest: Manifest, broker_class: BrokerClass, ledger: Ledger, history: History, clock: Clock
    ) -> None:
        self.key = manifest.key
        self.broker_class = broker_class
        self.dispatchers: Sequence[Dispatcher] = ()
        self.triggers = 0
        self._partitions = manifest.partitions
        self._unkeyed = 0
        self._settlements = Settlements()
        self._ledger = ledger
        self._history = history
        self._clock = clock
        self.messages = Messages()
        self.feed = Feed(self.key, ledger, self._settlements.report)

    def serve(self, dispatchers: Sequence[Dispatcher]) -> None:
        """Have these triggers and no other."""
        self.dispatchers = dispatchers
        self.triggers = len(dispatchers)
        self.feed.serve(dispatchers)

    def publish(self, event: Event, then: Callable[[bool | Exception], None]) -> None:
        """Store the event for all triggers; `then` is told whether the producer is told of success.

        It is called when the event is on disk, or in a class whose producer waits, when every trigger was tried; with
        LedgerUnavailable where the event was not stored.
        """
        new = self.new(event)
        settled = None
        if self.broker_class.awaits_triggers:
            settled = self._settlements.wait(new, self.triggers, FAN_OUT_SECONDS)
        self._ledger.submit((new,), partial(self._published, new, settled, then))

    async def replay(self, event: Event, letter: Letter) -> None:
        """Put a dead letter's event back for its trigger alone, and take the letter off the list."""
        new = self.new(event, target=letter.trigger, replay_of=letter.id)
        # Shielded: the event is stored even when the one who asked has gone, and its trigger must be woken then, too.
        await asyncio.shield(self._replay(new, Exhume(letter.id)))

    def reply(self, event: Event, cause: Stored) -> Append:
        """Place what a subscriber or a dead letter sink answered."""
        new = self.new(event)
        self._settlements.add(new, cause, self.triggers)
        return new

    def new(self, event: Event, *, target: str | None = None, replay_of: str | None = None) -> Append:
        """Place the event: by its key, else on each partition in turn."""
        key = event.attributes.get("partitionkey")
        if not key:
            self._unkeyed += 1
        partition = partition_of(key, self._partitions) if key else self._unkeyed % self._partitions
        return Append(self.key, event, self._clock.now(), target, replay_of, partition)

    def appended(self, seq: int, new: Append) -> None:
        """Take note of an event that is in the ledger now."""
        stored = Stored(seq, new.broker, new.accepted_at, new.event, new.target, new.replay_of)
        self.feed.wake()
        self._history.accepted(stored, self.feed.routes)

    def settled(self, stored: Stored, *, ok: bool) -> None:
        """A trigger is through with the event."""
        self._settlements.report(stored, ok=ok)

    async def _replay(self, new: Append, off_the_list: Exhume) -> None:
        (seq,) = await self._ledger.write(new, off_the_list)
        self.appended(seq, new)

    def _published(
        self,
        new: Append,
        settled: "asyncio.Future[bool] | None",
        then: Callable[[bool | Exception], None],
        answer: Answer,
    ) -> None:
        if isinstance(answer, Exception):
            if settled is not None:
                settled.cancel()
            then(answer)
            return
        self.appended(answer[0], new)
        if settled is None:
            then(True)
        else:
            settled.add_done_callback(lambda settled: then(settled.result()))
