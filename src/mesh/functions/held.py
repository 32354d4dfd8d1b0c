"""Requests that wait for a replica: first come, first served, of a bounded number, each with a deadline."""

import asyncio
from collections import deque
from collections.abc import Callable

from mesh.errors import StartFailed
from mesh.functions.slot import Slot

HELD_AT_MOST = 10_000  # requests: knative/serving cmd/activator, breakerQueueDepth
HELD_SECONDS = 120.0
REMEDY = "raise scale.max or limits.concurrency in its func.yaml, or send less at once"


class Held:
    """`give_back` takes a slot whose request went away in the moment in which the slot came."""

    def __init__(self, function: str, give_back: Callable[[Slot], None]) -> None:
        self._function = function
        self._give_back = give_back
        self._waiting: deque[asyncio.Future[Slot]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    async def slot(self) -> Slot:
        """Wait for one. Raises StartFailed."""
        if len(self._waiting) >= HELD_AT_MOST:
            raise StartFailed(f"{HELD_AT_MOST} requests wait for a replica of function {self._function}: {REMEDY}")
        waiting: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(HELD_SECONDS):
                return await waiting
        except TimeoutError:
            self._abandon(waiting)
            late = f"no replica of function {self._function} was free within {HELD_SECONDS:g} s"
            raise StartFailed(f"{late}: {REMEDY}") from None
        except asyncio.CancelledError:
            self._abandon(waiting)
            raise

    def hand_out(self, take: Callable[[], Slot | None]) -> None:
        """Give what `take` yields to those who have waited longest, until there is no more of either."""
        while self._waiting:
            if self._waiting[0].done():  # its caller was cancelled, and has not run since
                self._waiting.popleft()
            elif slot := take():
                self._waiting.popleft().set_result(slot)
            else:
                return

    def refuse(self, error: StartFailed) -> None:
        """Tell all of them."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(StartFailed(str(error)))
        self._waiting.clear()

    def _abandon(self, waiting: "asyncio.Future[Slot]") -> None:
        if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
            self._give_back(waiting.result())
        elif waiting in self._waiting:
            self._waiting.remove(waiting)
