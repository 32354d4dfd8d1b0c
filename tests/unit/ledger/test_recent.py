"""The newest events in memory: as many as there is room for, and only those that the disk has, too."""

import pytest

from mesh.ledger import recent as module
from mesh.ledger.recent import Recent
from mesh.ledger.record_batch import RecordBatch, batches
from mesh.ledger.records import Stored
from support.events import BROKER, event


def batch(first: int, last: int, broker: str = BROKER) -> RecordBatch:
    (made,) = batches(Stored(seq, broker, 1.0, event(f"e-{seq}")) for seq in range(first, last + 1))
    return made


def seqs(recent: Recent, after: int, limit: int = 10) -> list[int] | None:
    found = recent.after(BROKER, after, limit)
    return None if found is None else [one.seq for one in found]


def test_the_next_events_come_in_their_order() -> None:
    recent = Recent(0)
    recent.turn([batch(1, 2), batch(3, 4, "cabs/other")], {})
    recent.turn([batch(5, 7)], {})
    assert seqs(recent, 0) == [1, 2, 5, 6, 7]
    assert seqs(recent, 0, limit=4) == [1, 2, 5, 6]
    assert seqs(recent, 1) == [2, 5, 6, 7]
    assert seqs(recent, 6) == [7]
    assert seqs(recent, 7) == []


def test_what_was_there_before_must_be_read_from_the_disk() -> None:
    recent = Recent(5)
    recent.turn([batch(6, 6)], {})
    assert seqs(recent, 4) is None
    assert seqs(recent, 5) == [6]


@pytest.mark.parametrize("done", [2, 3])
def test_what_the_triggers_are_done_with_is_dropped(done: int) -> None:
    recent = Recent(0)
    recent.turn([batch(1, 2), batch(3, 4)], {BROKER: done})
    assert seqs(recent, done - 1) is None
    assert seqs(recent, done) == [*range(done + 1, 5)]


@pytest.mark.parametrize(("bound", "at_most"), [("EVENTS", 4), ("SIZE", 2 * len(batch(1, 2).encoded))])
def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch, bound: str, at_most: int) -> None:
    monkeypatch.setattr(module, bound, at_most)
    recent = Recent(0)
    recent.turn([batch(1, 2), batch(3, 4), batch(5, 6)], {})
    assert seqs(recent, 1) is None
    assert seqs(recent, 2) == [3, 4, 5, 6]
