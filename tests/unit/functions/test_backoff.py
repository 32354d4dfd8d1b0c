"""Waits between starts that fail."""

from mesh.functions.backoff import LONGEST_SECONDS, Backoff


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    backoff, waits = Backoff(), []
    for _ in range(30):
        backoff = backoff.failed(now=100.0)
        waits.append(backoff.left_seconds(100.0))
    assert [round(wait, 3) for wait in waits[:4]] == [0.2, 0.4, 0.8, 1.6]
    assert waits[-1] == LONGEST_SECONDS


def test_nothing_is_left_of_a_wait_that_is_over() -> None:
    assert Backoff().failed(now=100.0).left_seconds(101.0) == 0.0
