"""One trigger's dispatcher: its cursor through the ledger, its window of events in hand."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from mesh.broker.carrier import FIRST, Carrier
from mesh.broker.feed import Feed
from mesh.broker.history import History
from mesh.broker.offsets import Offsets
from mesh.broker.outcomes import Rest
from mesh.broker.route import Route
from mesh.ledger.port import Ledger
from mesh.ledger.records import Stored, Subscription

WINDOW = 100  # events in hand, waiting ones included: the Kafka dispatcher's 2 x max.poll.records
READ_EVENTS = 50

logger = logging.getLogger(__name__)


class Dispatcher:
    """Takes what the feed hands it while its window has room, else reads for itself, filters and hands over."""

    def __init__(
        self,
        route: Route,
        subscription: Subscription,
        offsets: Offsets,
        carrier: Carrier,
        ledger: Ledger,
        history: History,
        feed: Feed,
    ) -> None:
        self.route = route
        self.in_hand: dict[int, Stored] = {}
        self._restored = dict(subscription.open)
        self._settled_before = set(subscription.done) | set(subscription.open)
        self._offsets = offsets
        self._carrier = carrier
        self._ledger = ledger
        self._history = history
        self._feed = feed
        self._lanes: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)  # by partition, where order is kept
        self._tasks = asyncio.TaskGroup()
        self._left = asyncio.Event()  # by one in hand
        self._behind = asyncio.Event()
        self._stopping = False
        self._cut_off = False

    def reroute(self, route: Route) -> None:
        """Let the trigger's new manifest hold from the next attempt on, for what is in hand and for the backlog."""
        self.route = route
        self._carrier.reroute(route)

    def stop(self) -> None:
        self._stopping = True
        self._carrier.stop()
        self.read_on()

    async def run(self) -> None:
        """End after `stop`, when the attempts under way are over."""
        async with self._tasks:
            try:
                await self._resume()
                while not self._stopping:
                    await self._read_or_follow()
                await self._until_fewer_than(1)
            finally:
                self._cut_off = True
                self._feed.leave(self)
                self._carrier.cut_off()

    # Called by the feed.

    @property
    def read(self) -> int:
        """The newest sequence number looked at."""
        return self._offsets.read

    def wants(self, stored: Stored) -> bool:
        if stored.seq in self._settled_before:
            self._settled_before.discard(stored.seq)
            return False
        return self.route.wants(stored)

    def take(self, stored: Stored) -> None:
        """Begin with an event that it wants; without room, leave the feed and read on from there."""
        if len(self.in_hand) < WINDOW:
            self._start(stored)
        else:
            self.read_on()

    def read_on(self) -> None:
        """Leave the feed and read on for itself."""
        self._feed.leave(self)
        self._behind.set()

    def passed(self, position: int) -> bool:
        """Everything up to here was shown; answer whether nothing is under way."""
        self._offsets.skip(position)
        return self._offsets.position == position

    async def _read_or_follow(self) -> None:
        self._behind.clear()
        events = self._ledger.read(self.route.trigger.broker_key, self._offsets.read, READ_EVENTS)
        if events:
            await self._offer(events)
        elif self._feed.joined(self):
            await self._behind.wait()

    async def _resume(self) -> None:
        """Take up again what was being retried when the mesh stopped, at the time it was due."""
        for seq, progress in sorted(self._restored.items()):
            stored = self._ledger.event(seq)
            if stored is None:
                logger.error("%s: event %d has a row and is gone", self.route.key, seq)
                continue
            await self._until_fewer_than(WINDOW)
            self.in_hand[seq] = stored
            self._go_on(stored, partial(self._carrier.carry, stored, progress))
        self._restored.clear()

    async def _offer(self, events: Sequence[Stored]) -> None:
        skipped = False
        for stored in events:
            if self.wants(stored):
                await self._until_fewer_than(WINDOW)
                if self._stopping:
                    return
                self._start(stored)
            else:
                skipped = True
                self._skip(stored)
        if skipped:
            self._feed.advance([self.route.key], self._offsets.position)
        await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop: a backlog that nobody wants must not hold it up

    def _skip(self, stored: Stored) -> None:
        self._offsets.skip(stored.seq)
        self._history.shown(stored, self._feed.routes)
        self._feed.passed(stored, 1)

    async def _until_fewer_than(self, most: int) -> None:
        while len(self.in_hand) >= most:
            self._left.clear()
            await self._left.wait()

    def _start(self, stored: Stored) -> None:
        self._offsets.open(stored.seq)
        self.in_hand[stored.seq] = stored
        if self.route.in_order or not self._carrier.begin(stored, self._over):
            self._go_on(stored, partial(self._carrier.carry, stored, FIRST))

    def _go_on(self, stored: Stored, rest: Rest) -> None:
        self._tasks.create_task(self._carry(stored, rest), name=f"deliver {stored.seq} to {self.route.key}")

    async def _carry(self, stored: Stored, rest: Rest) -> None:
        try:
            if not self.route.in_order:
                await rest()
                return
            # A lock is handed on in the order in which it was asked for, and tasks begin in the order of their making.
            async with self._lanes[stored.partition]:
                await rest()
        finally:
            self._over(stored)

    def _over(self, stored: Stored, rest: Rest | None = None) -> None:
        """What is over leaves the window; what has a rest goes on in a task."""
        if rest is not None and not self._cut_off:
            self._go_on(stored, rest)
        else:
            del self.in_hand[stored.seq]
            self._left.set()
