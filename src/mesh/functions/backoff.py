"""When to start again what failed to start or died early: a value."""

from dataclasses import dataclass

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """`failures` in a row, and the time (seconds since the epoch) before which nothing is started."""

    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> "Backoff":
        """One failure more: each wait is twice the last one."""
        wait_seconds = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self.failures, 16))
        return Backoff(self.failures + 1, now + wait_seconds)

    def left_seconds(self, now: float) -> float:
        return max(0.0, self.until - now)
