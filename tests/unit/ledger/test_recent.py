"""The newest events in memory: as many as there is room for, and only those that the disk has, too."""

import pytest

from mesh.ledger import recent as module
from mesh.ledger.recent import Recent
from mesh.ledger.records import Stored
from support.events import BROKER, event


def stored(seq: int, broker: str = BROKER) -> Stored:
    return Stored(seq, broker, 1.0, event(f"e-{seq}"))


def seqs(recent: Recent, after: int, limit: int = 10) -> list[int] | None:
    found = recent.after(BROKER, after, limit)
    return None if found is None else [one.seq for one in found]


def test_the_next_events_come_in_their_order() -> None:
    recent = Recent(0)
    recent.turn([stored(1), stored(2), stored(3, "cabs/other"), stored(4)], {})
    assert seqs(recent, 0) == [1, 2, 4]
    assert seqs(recent, 0, limit=2) == [1, 2]
    assert seqs(recent, 2) == [4]
    assert seqs(recent, 4) == []


def test_what_was_there_before_must_be_read_from_the_disk() -> None:
    recent = Recent(5)
    recent.turn([stored(6)], {})
    assert seqs(recent, 4) is None
    assert seqs(recent, 5) == [6]


def test_what_the_triggers_are_done_with_is_dropped() -> None:
    recent = Recent(0)
    recent.turn([stored(1), stored(2), stored(3)], {BROKER: 2})
    assert seqs(recent, 1) is None
    assert seqs(recent, 2) == [3]


@pytest.mark.parametrize(("bound", "at_most"), [("EVENTS", 2), ("SIZE", 2 * module._size(stored(1)))])
def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch, bound: str, at_most: int) -> None:
    monkeypatch.setattr(module, bound, at_most)
    recent = Recent(0)
    recent.turn([stored(number) for number in range(1, 6)], {})
    assert seqs(recent, 2) is None
    assert seqs(recent, 3) == [4, 5]
