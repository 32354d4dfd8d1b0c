"""Which events share a row."""

from collections.abc import Sequence

from mesh.ledger.record_batch import DATA_BYTES, EVENTS, batches, decoded
from mesh.ledger.records import Stored
from support.events import BROKER, event


def stored(seq: int, data_bytes: int = 0, target: str | None = None) -> Stored:
    return Stored(seq, BROKER, 5.0, event(f"e-{seq}", data=bytes(data_bytes)), target)


def parted(*events: Stored) -> list[list[int]]:
    return [[one.seq for one in batch.events] for batch in batches(events)]


def sizes(events: Sequence[Stored]) -> list[int]:
    return [len(batch.events) for batch in batches(events)]


def test_as_many_as_there_is_room_for() -> None:
    assert sizes([stored(seq) for seq in range(2 * EVENTS + 1)]) == [EVENTS, EVENTS, 1]
    assert sizes([stored(seq, DATA_BYTES // 4) for seq in range(6)]) == [4, 2]


def test_one_that_is_larger_than_all_may_be_is_alone() -> None:
    assert parted(stored(1), stored(2, 2 * DATA_BYTES), stored(3)) == [[1], [2], [3]]


def test_what_is_for_one_trigger_is_alone() -> None:
    assert parted(stored(1), stored(2), stored(3, target="a"), stored(4, target="a"), stored(5), stored(6)) == [
        [1, 2],
        [3],
        [4],
        [5, 6],
    ]


def test_what_comes_after_a_number_is_read_back() -> None:
    events = [stored(seq, 3) for seq in range(7, 12)]
    (batch,) = batches(events)
    assert [list(decoded(7, batch.encoded, after)) for after in (0, 6, 9, 11)] == [events, events, events[3:], []]
