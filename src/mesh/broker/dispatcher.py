"""One trigger's dispatcher: its cursor through the ledger, its window of events in hand."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence

from mesh.broker.carrier import Carrier, Outlet
from mesh.broker.history import History
from mesh.broker.offsets import Offsets
from mesh.broker.route import Route
from mesh.ledger.port import Ledger
from mesh.ledger.records import Advance, Progress, Stored, Subscription

WINDOW = 100  # events in hand, waiting ones included: the Kafka dispatcher's 2 x max.poll.records
READ_EVENTS = 50

logger = logging.getLogger(__name__)


class Dispatcher:
    """Reads, filters and hands over to the carrier; `run` ends after `stop`, when the attempts under way are over."""

    def __init__(
        self,
        route: Route,
        subscription: Subscription,
        offsets: Offsets,
        carrier: Carrier,
        ledger: Ledger,
        history: History,
        broker: Outlet,
    ) -> None:
        self.route = route
        self.in_hand: dict[int, Stored] = {}
        self._restored = dict(subscription.open)
        self._settled_before = set(subscription.done) | set(subscription.open)
        self._offsets = offsets
        self._carrier = carrier
        self._ledger = ledger
        self._history = history
        self._broker = broker
        self._lanes: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)  # by partition, where order is kept
        self._slots = asyncio.Semaphore(WINDOW)
        self._arrived = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Say that the broker has a new event."""
        self._arrived.set()

    def reroute(self, route: Route) -> None:
        """Let the trigger's new manifest hold from the next attempt on, for what is in hand and for the backlog."""
        self.route = route
        self._carrier.reroute(route)

    def stop(self) -> None:
        self._stopping = True
        self._carrier.stop()
        self._arrived.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            await self._resume(tasks)
            while not self._stopping:
                self._arrived.clear()
                events = self._ledger.read(self.route.trigger.broker_key, self._offsets.read, READ_EVENTS)
                if not events:
                    await self._arrived.wait()
                await self._offer(events, tasks)

    async def _resume(self, tasks: asyncio.TaskGroup) -> None:
        """Take up again what was being retried when the mesh stopped, at the time it was due."""
        for seq, progress in sorted(self._restored.items()):
            stored = self._ledger.event(seq)
            if stored is None:
                logger.error("%s: event %d has a row and is gone", self.route.key, seq)
                continue
            await self._start(stored, progress, tasks)
        self._restored.clear()

    async def _offer(self, events: Sequence[Stored], tasks: asyncio.TaskGroup) -> None:
        skipped = False
        for stored in events:
            if self._stopping:
                return
            if self._wanted(stored):
                self._offsets.open(stored.seq)
                await self._start(stored, Progress(), tasks)
            else:
                self._offsets.skip(stored.seq)
                self._broker.settled(stored, ok=True)
                skipped = True
        if skipped:
            # Nobody waits for it: a position that is lost is found again by filtering again.
            self._ledger.write(Advance(self.route.key, self._offsets.position)).add_done_callback(_ignore)

    def _wanted(self, stored: Stored) -> bool:
        if stored.seq in self._settled_before:
            self._settled_before.discard(stored.seq)
            return False
        if stored.target is not None:
            return self.route.wants(stored)
        reason = self.route.why_not(stored)
        if reason is not None:
            self._history.not_matched(stored, self.route.key, self.route.subscriber.url, reason)
        return reason is None

    async def _start(self, stored: Stored, progress: Progress, tasks: asyncio.TaskGroup) -> None:
        await self._slots.acquire()
        self.in_hand[stored.seq] = stored
        name = f"deliver {stored.seq} to {self.route.key}"
        task = tasks.create_task(self._carry(stored, progress), name=name)
        task.add_done_callback(lambda _: self._release(stored.seq))

    async def _carry(self, stored: Stored, progress: Progress) -> None:
        if not self.route.in_order:
            await self._carrier.carry(stored, progress)
            return
        # A lock is handed on in the order in which it was asked for, and tasks begin in the order of their making.
        async with self._lanes[stored.partition]:
            await self._carrier.carry(stored, progress)

    def _release(self, seq: int) -> None:
        del self.in_hand[seq]
        self._slots.release()


def _ignore(future: "asyncio.Future[list[int]]") -> None:
    future.exception()
