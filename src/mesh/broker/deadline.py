"""One timer for deadlines that follow each other: making one for each request costs as much as writing the request."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `passed` when the time that was last set has come, in seconds of the loop's time.

    A timer that would ring before it is left as it is, and set anew when it rings.
    """

    def __init__(self, passed: Callable[[], None]) -> None:
        self._passed = passed
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._at = self._rings_at = 0.0

    def set(self, at: float) -> None:
        self._at = at
        if self._timer is None or at < self._rings_at:
            self._ring_at(at)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_at(self, at: float) -> None:
        self.cancel()
        self._rings_at = at
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._at > self._rings_at:
            self._ring_at(self._at)
        else:
            self._passed()
