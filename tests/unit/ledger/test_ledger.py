"""What every implementation of the ledger's port does."""

from collections.abc import Callable

import pytest

from mesh.ledger import batch, memory
from mesh.ledger.port import Ledger
from mesh.ledger.records import (
    Advance,
    Bury,
    Exhume,
    Finish,
    Postpone,
    Progress,
    Stored,
    Subscribe,
    Subscription,
    Unsubscribe,
)
from support.events import BROKER, append, event, failure, letter

A, B = "cabs/invoice", "cabs/notify"
LATER = Progress(attempts=2, due=99.5, last="status 503")


async def fill(ledger: Ledger, count: int, *triggers: str) -> None:
    """Subscribe the triggers and store that many events, e-1 to e-count."""
    await ledger.write(*(Subscribe(trigger, BROKER) for trigger in triggers))
    await ledger.write(*(append(f"e-{number}") for number in range(1, count + 1)))


def seqs(ledger: Ledger, broker: str = BROKER) -> list[int]:
    return [stored.seq for stored in ledger.read(broker, 0, 1000)]


def standing(ledger: Ledger, trigger: str = A) -> Subscription:
    return next(one for one in ledger.subscriptions() if one.trigger == trigger)


async def test_appended_events_are_numbered_in_order_and_read_back_whole(ledger: Ledger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    assert await ledger.write(append("e-1"), append("e-2")) == [1, 2]
    assert await ledger.write(append("e-3", target=A)) == [3]
    assert ledger.read(BROKER, 1, 10) == [
        Stored(2, BROKER, 5.0, event("e-2", data=b"{}"), offset=1),
        Stored(3, BROKER, 5.0, event("e-3", data=b"{}"), A, offset=2),
    ]


async def test_reading_stops_at_the_limit_and_keeps_to_its_broker(ledger: Ledger) -> None:
    await fill(ledger, 3, A)
    await ledger.write(Subscribe(B, "cabs/other"), append("e-1", "cabs/other"))
    assert [stored.seq for stored in ledger.read(BROKER, 0, 2)] == [1, 2]
    assert seqs(ledger, "cabs/other") == [4]


async def test_an_event_is_found_by_its_number_and_by_its_id(ledger: Ledger) -> None:
    await fill(ledger, 2, A)
    await ledger.write(append("e-1"))
    assert [stored.seq for stored in ledger.find("e-1")] == [1, 3]
    assert ledger.find("unheard-of") == []
    found = ledger.event(2)
    assert found is not None
    assert found.event.id == "e-2"
    assert ledger.event(4) is None


async def test_an_event_that_nobody_subscribes_to_is_not_kept(ledger: Ledger) -> None:
    assert await ledger.write(append()) == [1]
    assert ledger.event(1) is None


async def test_a_finished_event_goes_when_every_trigger_is_done_with_it(ledger: Ledger) -> None:
    await fill(ledger, 2, A, B)
    await ledger.write(Finish(A, [1], 1))
    assert seqs(ledger) == [1, 2]
    await ledger.write(Finish(B, [1], 1))
    assert seqs(ledger) == [2]
    await ledger.write(Advance([A], 2), Advance([B], 2))
    assert seqs(ledger) == []


async def test_events_finished_out_of_order_wait_for_those_before_them(ledger: Ledger) -> None:
    await fill(ledger, 3, A)
    await ledger.write(Finish(A, [3], 0))
    await ledger.write(Finish(A, [2], 0))
    assert standing(ledger) == Subscription(A, BROKER, 0, {}, frozenset({2, 3}))
    assert seqs(ledger) == [1, 2, 3]
    await ledger.write(Finish(A, [1], 3))
    assert standing(ledger) == Subscription(A, BROKER, 3, {}, frozenset())
    assert seqs(ledger) == []


async def test_a_position_never_goes_back(ledger: Ledger) -> None:
    await fill(ledger, 3, A)
    await ledger.write(Advance([A], 2))
    await ledger.write(Advance([A], 1))
    assert standing(ledger).position == 2


async def test_a_postponed_event_outlives_the_position_that_passes_it(ledger: Ledger) -> None:
    await fill(ledger, 3, A)
    await ledger.write(Postpone(A, 1, 1, LATER))
    await ledger.write(Advance([A], 3))
    assert standing(ledger) == Subscription(A, BROKER, 3, {1: LATER}, frozenset())
    assert seqs(ledger) == [1]
    await ledger.write(Finish(A, [1], 3))
    assert standing(ledger) == Subscription(A, BROKER, 3, {}, frozenset())
    assert seqs(ledger) == []


async def test_the_newest_progress_of_an_event_replaces_the_one_before(ledger: Ledger) -> None:
    await fill(ledger, 1, A)
    to_sink = Progress("dead_letter_sink", 1, 120.0, "status 500", failure(None))
    await ledger.write(Postpone(A, 1, 1, LATER))
    await ledger.write(Postpone(A, 1, 1, to_sink))
    assert standing(ledger).open == {1: to_sink}


async def test_one_trigger_s_retries_hold_the_event_for_it_alone(ledger: Ledger) -> None:
    await fill(ledger, 1, A, B)
    await ledger.write(Postpone(A, 1, 1, LATER), Finish(B, [1], 1))
    assert [stored.seq for stored, _ in ledger.outstanding(A)] == [1]
    assert list(ledger.outstanding(B)) == []


async def test_outstanding_is_what_has_a_row_or_is_not_passed_yet(ledger: Ledger) -> None:
    await fill(ledger, 4, A)
    await ledger.write(Postpone(A, 1, 2, LATER), Finish(A, [4], 2))
    assert [(stored.seq, has_row) for stored, has_row in ledger.outstanding(A)] == [(1, True), (3, False)]
    assert ledger.ahead([A]) == {A: 1}


async def test_a_replay_is_outstanding_for_its_trigger_alone(ledger: Ledger) -> None:
    await ledger.write(Subscribe(A, BROKER), Subscribe(B, BROKER), append(target=A))
    assert [stored.target for stored, _ in ledger.outstanding(A)] == [A]
    assert list(ledger.outstanding(B)) == []
    assert ledger.ahead([A, B]) == {A: 1, B: 0}


async def test_what_is_ahead_is_counted_for_each_that_is_asked_for_and_there(ledger: Ledger) -> None:
    await ledger.write(Subscribe(A, BROKER), Subscribe(B, BROKER), Subscribe("cabs/other", "cabs/others"))
    await ledger.write(append(), append(broker="cabs/others"), append(broker="cabs/others"))
    assert ledger.ahead([A, "cabs/other", "cabs/gone"]) == {A: 1, "cabs/other": 2}
    assert ledger.ahead([]) == {}


async def test_a_new_trigger_starts_at_the_newest_event(ledger: Ledger) -> None:
    await fill(ledger, 2, A)
    await ledger.write(append("e-3"), Subscribe(B, BROKER), append("e-4"))
    assert standing(ledger, B).position == 3
    assert [stored.event.id for stored, _ in ledger.outstanding(B)] == ["e-4"]


async def test_subscribing_again_changes_nothing(ledger: Ledger) -> None:
    await fill(ledger, 3, A)
    await ledger.write(Subscribe(A, BROKER))
    assert standing(ledger).position == 0


async def test_a_trigger_that_is_gone_holds_no_event(ledger: Ledger) -> None:
    await fill(ledger, 2, A, B)
    await ledger.write(Postpone(A, 1, 1, LATER), Advance([B], 2))
    await ledger.write(Unsubscribe(A))
    assert [one.trigger for one in ledger.subscriptions()] == [B]
    assert seqs(ledger) == []


async def test_what_a_trigger_that_is_gone_still_reports_leaves_no_row(ledger: Ledger) -> None:
    await fill(ledger, 3, A, B)
    await ledger.write(Unsubscribe(A))
    await ledger.write(Postpone(A, 1, 1, LATER), Finish(A, [3], 1))
    await ledger.write(Subscribe(A, BROKER))
    assert standing(ledger) == Subscription(A, BROKER, 3, {}, frozenset())


async def test_a_number_is_never_used_again(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    await fill(ledger, 2, A)
    await ledger.write(Advance([A], 2))
    assert seqs(ledger) == []
    assert await reopen().write(append()) == [3]


async def test_opening_again_finds_everything_as_it_was(ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
    await fill(ledger, 4, A, B)
    await ledger.write(Postpone(A, 1, 2, LATER), Finish(A, [4], 2), Bury(letter("l-1")), Bury(letter("l-2", "sunk")))
    before = (ledger.subscriptions(), ledger.read(BROKER, 0, 10), list(ledger.letters()))
    again = reopen()
    assert (again.subscriptions(), again.read(BROKER, 0, 10), list(again.letters())) == before
    assert standing(again) == Subscription(A, BROKER, 2, {1: LATER}, frozenset({4}))


async def test_letters_are_listed_oldest_first_until_they_are_exhumed(ledger: Ledger) -> None:
    await ledger.write(Bury(letter("b")), Bury(letter("a", "sunk")), Bury(letter("c")))
    assert [one.id for one in ledger.letters()] == ["b", "a", "c"]
    assert ledger.letter("a") == letter("a", "sunk")
    await ledger.write(Exhume("a"), Exhume("unheard-of"))
    assert [one.id for one in ledger.letters()] == ["b", "c"]
    assert ledger.letter("a") is None


async def test_of_many_letters_all_are_listed_that_are_there_now(ledger: Ledger) -> None:
    names = [f"l-{number}" for number in range(2_500)]
    await ledger.write(*(Bury(letter(name, trigger=(A, B)[name.endswith("7")])) for name in names))
    all_of_them, of_one = ledger.letters(), ledger.letters(trigger=B)
    await ledger.write(Exhume("l-2"), Bury(letter("later")))
    assert [one.id for one in all_of_them] == [name for name in names if name != "l-2"]
    assert [one.id for one in of_one] == names[7::10]


async def test_letters_are_counted_by_trigger_type_and_state(ledger: Ledger) -> None:
    await ledger.write(Bury(letter("a")), Bury(letter("b")), Bury(letter("c", "sunk")), Bury(letter("d", trigger=B)))
    counts = {(one.trigger, one.event_type, one.state): one.number for one in ledger.letter_counts()}
    assert counts == {(A, "ride", "kept"): 2, (A, "ride", "sunk"): 1, (B, "ride", "kept"): 1}


async def test_only_the_newest_sunk_letters_are_kept_and_every_kept_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "SUNK_LETTERS_KEPT", 3)
    monkeypatch.setattr(memory, "SUNK_LETTERS_KEPT", 3)
    await ledger.write(*(Bury(letter(f"kept-{number}")) for number in range(5)))
    for number in range(5):
        await ledger.write(Bury(letter(f"sunk-{number}", "sunk")))
    listed = [one.id for one in ledger.letters()]
    assert listed == [*(f"kept-{number}" for number in range(5)), "sunk-2", "sunk-3", "sunk-4"]


def test_ten_thousand_sunk_letters_are_kept() -> None:
    assert batch.SUNK_LETTERS_KEPT == 10_000
