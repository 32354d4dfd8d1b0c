"""What a function's load was over the newest stretch of time, as a value. Pure: no clock, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

PARTS = 60  # of a window; Serving's buckets of one second in its window of a minute


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` to `end`, in seconds since the epoch: the time that requests took together, and how many came."""

    begin: float
    end: float
    request_seconds: float = 0.0
    requests: int = 0

    def joined(self, later: "Span") -> "Span":
        taken = self.request_seconds + later.request_seconds
        return Span(self.begin, later.end, taken, self.requests + later.requests)

    def share_after(self, since: float) -> float:
        """How much of it is newer than that, from 0 to 1."""
        if self.begin >= since:
            return 1.0
        return (self.end - since) / (self.end - self.begin) if self.end > since else 0.0


def recorded(spans: tuple[Span, ...], new: Span, window_seconds: float) -> tuple[Span, ...]:
    """With `new`, without what the window has left behind. A window begins when its first request is seen."""
    if not spans:
        return (Span(new.end, new.end, 0.0, new.requests),)
    kept = tuple(span for span in spans[:-1] if span.end > new.end - window_seconds)
    if new.end - spans[-1].begin <= window_seconds / PARTS:
        return (*kept, spans[-1].joined(new))
    return (*kept, spans[-1], new)


def concurrency(spans: Sequence[Span], seconds: float, in_flight: int) -> float:
    """Requests in flight on average over the newest `seconds`; before any time has passed, those in flight now."""
    since, elapsed = _newest(spans, seconds)
    taken = sum(span.request_seconds * span.share_after(since) for span in spans)
    return taken / elapsed if elapsed else float(in_flight)


def rate(spans: Sequence[Span], seconds: float) -> float:
    """Requests a second over the newest `seconds`; less than one second tells no rate."""
    since, elapsed = _newest(spans, seconds)
    return sum(span.requests * span.share_after(since) for span in spans) / max(elapsed, 1.0)


def _newest(spans: Sequence[Span], seconds: float) -> tuple[float, float]:
    """Since when, and how much of it is recorded."""
    now = spans[-1].end
    since = max(now - seconds, spans[0].begin)
    return since, now - since
