"""Up to where a trigger is done."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mesh.broker.offsets import Offsets


def test_it_starts_where_it_is_told_to() -> None:
    offsets = Offsets(7)
    assert (offsets.position, offsets.read) == (7, 7)


def test_the_lowest_open_number_holds_the_position() -> None:
    offsets = Offsets(0)
    for seq in (1, 2, 3):
        offsets.open(seq)
    offsets.settle(2)
    assert (offsets.position, offsets.read) == (0, 3)
    offsets.settle(1)
    assert offsets.position == 2
    offsets.settle(3)
    assert offsets.position == 3


def test_numbers_that_were_skipped_are_passed_with_those_before_them() -> None:
    offsets = Offsets(0)
    offsets.skip(4)
    assert offsets.position == 4
    offsets.open(6)
    offsets.skip(9)
    assert offsets.position == 5
    offsets.settle(6)
    assert offsets.position == 9


def test_settling_what_is_not_open_changes_nothing() -> None:
    offsets = Offsets(3)
    offsets.settle(2)
    assert offsets.position == 3


@given(st.lists(st.booleans(), max_size=30), st.randoms())
def test_nothing_up_to_the_position_is_ever_open(wanted: list[bool], random: Random) -> None:
    offsets, open_ = Offsets(0), set()
    for seq, is_wanted in enumerate(wanted, start=1):
        if is_wanted:
            offsets.open(seq)
            open_.add(seq)
        else:
            offsets.skip(seq)
        if open_ and random.random() < 0.5:
            settled = random.choice(sorted(open_))
            offsets.settle(settled)
            open_.remove(settled)
        assert offsets.position == min(open_, default=seq + 1) - 1
