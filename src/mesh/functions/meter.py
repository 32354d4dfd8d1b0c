"""A function's requests as they come and go: how many are under way, and the time that they take together."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.clock import Clock
from mesh.functions.windows import Span


class Meter:
    """Exact to the moment, where Serving's queue-proxy reports each second."""

    def __init__(self, clock: Clock) -> None:
        self.in_flight = 0
        self._clock = clock
        self._span = Span(clock.now(), clock.now())
        self._last_ended = -math.inf

    @property
    def idle_seconds(self) -> float:
        """Since the last request ended."""
        return self._clock.now() - self._last_ended

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request for as long as the block runs."""
        self._count(came=1)
        self.in_flight += 1
        try:
            yield
        finally:
            self._count()
            self.in_flight -= 1
            self._last_ended = self._clock.now()

    def read(self) -> Span:
        """What came since this was last asked."""
        self._count()
        span, self._span = self._span, Span(self._span.end, self._span.end)
        return span

    def _count(self, came: int = 0) -> None:
        before, now = self._span.end, max(self._span.end, self._clock.now())  # a clock that is set back stands still
        self._span = self._span.joined(Span(before, now, (now - before) * self.in_flight, came))
