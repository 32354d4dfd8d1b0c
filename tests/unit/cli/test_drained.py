"""Waiting until nothing is left."""

from mesh.cli.drained import POLL_SECONDS, text, wait_for
from mesh.control.shapes import Drained

BUSY = Drained(drained=False, pending=1, in_flight=2, kept=3)
DONE = Drained(drained=True, pending=0, in_flight=0, kept=0)


class Clock:
    """Time that passes only by pausing."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds


def waited(answers: list[Drained], within_seconds: float) -> tuple[Drained, float]:
    clock, left = Clock(), list(answers)
    answer = wait_for(
        lambda: left.pop(0) if len(left) > 1 else left[0], within_seconds, now=clock.now, pause=clock.pause
    )
    return answer, round(clock.seconds - 100.0, 6)


def test_it_asks_once_without_a_wait() -> None:
    assert waited([BUSY, DONE], 0) == (BUSY, 0)


def test_it_ends_as_soon_as_it_is_drained() -> None:
    assert waited([BUSY, BUSY, DONE], 30) == (DONE, 2 * POLL_SECONDS)


def test_it_ends_when_the_time_is_up() -> None:
    assert waited([BUSY], 0.25) == (BUSY, 0.25)


def test_the_counts_are_told() -> None:
    assert text(BUSY) == "not drained: 1 pending, 2 in flight or waiting, 3 kept as dead letters"
    assert text(DONE) == "drained"
