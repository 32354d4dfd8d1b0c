"""A function's requests as a load over time."""

import pytest

from mesh.functions import windows
from mesh.functions.meter import Meter
from mesh.functions.windows import Span
from support.hosted import TurnedClock

NOW = TurnedClock().now()


async def test_it_sums_up_how_long_requests_were_under_way() -> None:
    clock = TurnedClock()
    meter = Meter(clock)
    await clock.turn(1)
    with meter.request():
        await clock.turn(2)
        with meter.request():
            await clock.turn(3)
        assert meter.in_flight == 1
    assert meter.read() == Span(NOW, NOW + 6, 2 + 3 * 2, 2)
    await clock.turn(4)
    assert meter.idle_seconds == 4
    assert meter.read() == Span(NOW + 6, NOW + 10)


def test_spans_of_less_than_a_sixtieth_of_the_window_are_one() -> None:
    spans: tuple[Span, ...] = ()
    for tenth in range(600):
        spans = windows.recorded(spans, Span(tenth / 10, (tenth + 1) / 10, 0.2, 1), 60)
    assert len(spans) <= windows.PARTS + 1
    assert windows.concurrency(spans, 60, 2) == pytest.approx(2)
    assert windows.rate(spans, 6) == pytest.approx(10)


def test_what_is_older_than_the_window_counts_no_more() -> None:
    spans = windows.recorded((Span(0, 1, 50, 50),), Span(1, 70, 0, 0), 60)
    spans = windows.recorded(spans, Span(70, 71, 0, 0), 60)
    assert windows.concurrency(spans, 60, 0) == 0


def test_a_span_that_is_half_in_the_window_counts_half() -> None:
    spans = (Span(0, 10, 10, 10), Span(10, 15, 0, 0))
    assert windows.concurrency(spans, 10, 0) == 0.5
