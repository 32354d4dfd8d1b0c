"""Events that were stored together, in one commit, and part: whatever happens to some of them is told of no other."""

from collections.abc import Callable, Iterator

import pytest

from mesh.ledger.port import Ledger
from mesh.ledger.records import Advance, Append, Change, Finish, Postpone, Progress, Subscribe, Unsubscribe
from support.events import BROKER, append, event

A, B = "cabs/invoice", "cabs/notify"
OTHER, C = "cabs/other", "cabs/of-other"
LATER = Progress(attempts=1, due=99.5, last="status 503")
Reopen = Callable[[], Ledger]


async def fill(ledger: Ledger, count: int, *triggers: str) -> None:
    events = [append(f"e-{number}") for number in range(1, count + 1)]
    await ledger.write(*(Subscribe(trigger, BROKER) for trigger in triggers), *events)


def before_and_after(ledger: Ledger, reopen: Reopen) -> Iterator[Ledger]:
    """As it is, and as a restart finds it."""
    yield ledger
    yield reopen()


def seqs(ledger: Ledger, after: int = 0, broker: str = BROKER) -> list[int]:
    return [stored.seq for stored in ledger.read(broker, after, 1000)]


def outstanding(ledger: Ledger, trigger: str = A) -> list[tuple[int, bool]]:
    return [(stored.seq, has_row) for stored, has_row in ledger.outstanding(trigger)]


def settled(ledger: Ledger) -> dict[str, tuple[int, set[int]]]:
    """By trigger: its position and what is done beyond it."""
    return {one.trigger: (one.position, set(one.done)) for one in ledger.subscriptions()}


async def test_each_broker_has_its_own_however_they_were_mixed(ledger: Ledger, reopen: Reopen) -> None:
    await ledger.write(Subscribe(A, BROKER), Subscribe(C, OTHER))
    mixed = [append(f"e-{number}", (BROKER, OTHER)[number % 2]) for number in range(6)]
    numbers = await ledger.write(*mixed)
    again = reopen()
    for broker, number in ((BROKER, 0), (OTHER, 1)):
        found = again.read(broker, 0, 10)
        assert [(one.seq, one.event.id, one.offset) for one in found] == [
            (numbers[each], f"e-{each}", offset) for offset, each in enumerate(range(number, 6, 2))
        ]
        assert list(again.read(broker, found[0].seq, 1)) == found[1:2]
        assert [again.event(one.seq) for one in found] == found
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


async def test_a_finish_is_of_all_that_it_names(ledger: Ledger, reopen: Reopen) -> None:
    await fill(ledger, 5, A)
    await ledger.write(Finish(A, [2, 3, 5], 0))
    for each in before_and_after(ledger, reopen):
        assert settled(each) == {A: (0, {2, 3, 5})}
        assert outstanding(each) == [(1, False), (4, False)]


async def test_a_trigger_begins_where_it_was_subscribed_among_events_of_several_brokers(ledger: Ledger) -> None:
    await ledger.write(Subscribe(C, OTHER))
    changes: list[Change] = [append("before"), append("theirs", OTHER), Subscribe(A, BROKER), Subscribe(B, OTHER)]
    await ledger.write(*changes, append("after"), append("theirs, too", OTHER))
    for trigger, wanted in ((A, ["after"]), (B, ["theirs, too"]), (C, ["theirs", "theirs, too"])):
        assert [stored.event.id for stored, _ in ledger.outstanding(trigger)] == wanted


async def test_a_position_among_them_parts_what_is_done_from_what_waits(ledger: Ledger, reopen: Reopen) -> None:
    await fill(ledger, 5, A, B)
    await ledger.write(Advance([A], 4), Advance([B], 2))
    for opened in before_and_after(ledger, reopen):
        assert (outstanding(opened), outstanding(opened, B)) == ([(5, False)], [(3, False), (4, False), (5, False)])
        assert opened.ahead([A, B]) == {A: 1, B: 3}
        assert (seqs(opened), seqs(opened, 3)) == ([3, 4, 5], [4, 5])
        assert (opened.event(2), opened.find("e-2")) == (None, [])


async def test_what_is_tried_again_stays_without_those_beside_it(ledger: Ledger, reopen: Reopen) -> None:
    await fill(ledger, 5, A, B)
    await ledger.write(Postpone(A, 2, 1, LATER), Postpone(B, 2, 1, LATER), Postpone(A, 4, 1, LATER))
    await ledger.write(Advance([A, B], 3))
    assert seqs(ledger) == [2, 4, 5]
    await ledger.write(Advance([A, B], 5), append("e-6"))
    for opened in before_and_after(ledger, reopen):
        assert (seqs(opened), outstanding(opened)) == ([2, 4, 6], [(2, True), (4, True), (6, False)])
        assert [one.seq for one in opened.find("e-4")] == [4]
        assert opened.ahead([A, B]) == {A: 1, B: 1}


@pytest.mark.parametrize("end", [Finish(B, [2], 5), Unsubscribe(B)])
async def test_it_goes_with_the_last_who_tries_it(ledger: Ledger, reopen: Reopen, end: Change) -> None:
    await fill(ledger, 5, A, B)
    await ledger.write(Postpone(A, 2, 5, LATER), Postpone(B, 2, 5, LATER))
    await ledger.write(Finish(A, [2], 5))
    assert seqs(ledger) == [2]
    again = reopen()
    await again.write(end)
    assert (seqs(again), again.event(2)) == ([], None)


async def test_it_stays_for_those_who_have_not_come_to_it(ledger: Ledger, reopen: Reopen) -> None:
    await fill(ledger, 1, A, B)
    await ledger.write(Postpone(A, 1, 1, LATER))
    await ledger.write(Finish(A, [1], 1))
    assert (outstanding(reopen()), outstanding(reopen(), B)) == ([], [(1, False)])


async def test_what_is_tried_again_and_done_in_one_commit_does_not_stay(ledger: Ledger) -> None:
    await fill(ledger, 3, A)
    await ledger.write(Postpone(A, 2, 1, LATER), Finish(A, [1], 1), Finish(A, [2], 2))
    assert (seqs(ledger), outstanding(ledger)) == ([3], [(3, False)])
    await ledger.write(Finish(A, [3], 3))
    assert seqs(ledger) == []


async def test_those_done_before_something_older_are_remembered_until_it_is_done(
    ledger: Ledger, reopen: Reopen
) -> None:
    await fill(ledger, 6, A, B)
    await ledger.write(*(Finish(A, [seq], 0) for seq in (2, 5, 3)), Finish(B, [4], 0), Finish(B, [2], 0))
    await ledger.write(Finish(A, [1], 3))
    assert settled(ledger) == {A: (3, {5}), B: (0, {2, 4})}
    await ledger.write(Finish(A, [4], 5), Finish(B, [1], 2))
    again = reopen()
    assert settled(again) == {A: (5, set()), B: (2, {4})}
    assert (again.ahead([A, B]), seqs(again)) == ({A: 1, B: 3}, [3, 4, 5, 6])
    await again.write(Finish(B, [3], 4))
    await again.write(Advance([A, B], 6))
    assert settled(again) == {A: (6, set()), B: (6, set())}
    assert (again.ahead([A, B]), seqs(again)) == ({A: 0, B: 0}, [])


async def test_a_replay_among_them_is_ahead_of_its_trigger_alone(ledger: Ledger, reopen: Reopen) -> None:
    await ledger.write(Subscribe(A, BROKER), Subscribe(B, BROKER))
    await ledger.write(append("e-1"), append("again", target=B), append("e-2"), append("e-3"))
    await ledger.write(Advance([A], 1), Finish(B, [4], 0))
    again = reopen()
    assert outstanding(again) == [(3, False), (4, False)]
    assert outstanding(again, B) == [(1, False), (2, False), (3, False)]
    assert again.ahead([A, B]) == {A: 2, B: 3}


async def test_a_trigger_that_is_gone_holds_nothing_back_of_those_that_wait(ledger: Ledger, reopen: Reopen) -> None:
    await fill(ledger, 5, A, B)
    await ledger.write(Advance([A], 4), Postpone(A, 1, 4, LATER), Postpone(B, 2, 2, LATER))
    await ledger.write(Unsubscribe(B))
    assert seqs(ledger) == [1, 5]
    await ledger.write(Unsubscribe(A), Subscribe(B, BROKER), append("e-6"))
    for opened in before_and_after(ledger, reopen):
        assert (seqs(opened), outstanding(opened, B)) == ([6], [(6, False)])


async def test_ids_that_look_alike_are_told_apart(ledger: Ledger) -> None:
    of_one_fingerprint = ("plumless", "buckeroo")  # the same CRC-32
    await ledger.write(Subscribe(A, BROKER), *map(append, ("e-1", "e-11", "1", *of_one_fingerprint)))
    for event_id, seq in (("e-1", 1), ("e-11", 2), ("1", 3), ("plumless", 4), ("buckeroo", 5)):
        assert [stored.seq for stored in ledger.find(event_id)] == [seq]
    assert ledger.find("e-") == []


async def test_numbers_and_offsets_go_on_when_nothing_is_left(ledger: Ledger, reopen: Reopen) -> None:
    def new(partition: int) -> Append:
        return Append(BROKER, event(), 5.0, partition=partition)

    assert await ledger.write(new(1), new(2), new(1)) == [1, 2, 3]  # which nobody wants
    again = reopen()
    assert await again.write(append("theirs", OTHER), Subscribe(A, BROKER), new(1), new(2), new(3)) == [4, 5, 6, 7]
    assert [(one.partition, one.offset) for one in again.read(BROKER, 0, 10)] == [(1, 2), (2, 1), (3, 0)]
