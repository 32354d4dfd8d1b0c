"""Time under a test's control."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

TURNS = 60  # of the loop: enough for everything that is ready to come to its next wait


async def settle() -> None:
    """Let everything that is ready run until it waits for time, for a peer or for the test."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def until(holds: Callable[[], bool]) -> None:
    """Let other threads and peers work until something holds; a test that waits in vain fails."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for is outside the loop and tells nobody
            await asyncio.sleep(0)


class FakeClock:
    """Implements `mesh.clock.Clock`: time passes when a test says so, and only then."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    @property
    def next_due(self) -> float | None:
        """When the next sleeper wakes, or None when nobody sleeps."""
        return min((due for due, _, woken in self._sleepers if not woken.done()), default=None)

    async def advance(self, seconds: float) -> None:
        """Let that much time pass, waking every sleeper at its time and letting it act before the next one wakes."""
        await settle()
        until = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self._now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._now = until
        await settle()
