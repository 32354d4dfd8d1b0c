"""What is remembered of events, and what watchers are told."""

import asyncio

import pytest

from mesh.broker import history as module
from mesh.broker.history import DeliveryRecord, History, Tried
from mesh.ledger.records import Letter, Progress, Stored
from support.clock import FakeClock, settle
from support.events import BROKER, event, failure

KEY, URL = "cabs/invoice", "http://invoice/"
FAILED = Tried(
    number=1, to="subscriber", began=88.9, seconds=0.1, status=503, error="the subscriber failed", retry_in=10.0
)
BY_FAULT = Tried(number=2, to="subscriber", began=88.9, seconds=0.1, status=503, fault=True)
MADE = Tried(number=2, to="subscriber", began=88.9, seconds=0.1, status=204)


def stored(seq: int, event_id: str = "e-1") -> Stored:
    return Stored(seq, BROKER, 5.0, event(event_id))


@pytest.fixture
def history() -> History:
    return History(FakeClock())


def delivery(history: History, seq: int = 1) -> DeliveryRecord:
    record = history.get(seq)
    assert record is not None
    return record.deliveries[KEY]


def test_a_delivery_s_life_is_remembered(history: History) -> None:
    history.accepted(stored(1), ())
    history.opened(stored(1), KEY, URL, Progress())
    assert delivery(history).outcome == "in_flight"
    history.attempted(stored(1), KEY, FAILED, ok=False)
    assert (delivery(history).outcome, delivery(history).next_due) == ("waiting", 99.0)
    history.attempting(stored(1), KEY)
    assert (delivery(history).outcome, delivery(history).next_due) == ("in_flight", None)
    history.attempted(stored(1), KEY, MADE, ok=True)
    history.closed(stored(1), KEY, "delivered", None, None)
    assert (delivery(history).outcome, delivery(history).attempts) == ("delivered", (FAILED, MADE))
    assert (history.delivered[KEY], history.failed[KEY]) == (1, 1)


def test_a_delivery_from_before_a_restart_says_so(history: History) -> None:
    history.opened(stored(1), KEY, URL, Progress(attempts=3, due=99.0, last="status 503"))
    resumed = delivery(history)
    assert (resumed.outcome, resumed.next_due) == ("waiting", 99.0)
    assert (resumed.attempts_before_restart, resumed.last_before_restart) == (3, "status 503")


def test_replies_are_linked(history: History) -> None:
    history.opened(stored(1), KEY, URL, Progress())
    history.replied(stored(1), KEY, 2, from_sink=False)
    history.replied(stored(1), KEY, 3, from_sink=True)
    assert (delivery(history).reply, delivery(history).sink_reply) == (2, 3)


def test_a_replayed_or_discarded_letter_changes_the_delivery_it_came_from_alone(history: History) -> None:
    for seq, letter_id in ((1, "l-1"), (2, "l-2")):
        history.opened(stored(seq), KEY, URL, Progress())
        history.closed(stored(seq), KEY, "kept", "422", letter_id)
    history.left_the_list(Letter("l-2", "kept", KEY, BROKER, 7.0, event(), failure()), "discarded")
    assert [delivery(history, seq).outcome for seq in (1, 2)] == ["kept", "discarded"]


def test_a_letter_is_forgotten_with_its_event(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVENTS_KEPT", 1)
    for seq, letter_id in ((1, "l-1"), (2, "l-2")):
        history.closed(stored(seq), KEY, "kept", "422", letter_id)
    assert list(history._of_letters) == ["l-2"]
    for letter_id in ("l-1", "l-2"):
        history.left_the_list(Letter(letter_id, "kept", KEY, BROKER, 7.0, event(), failure()), "discarded")
    assert delivery(history, 2).outcome == "discarded"
    assert history._of_letters == {}


def test_events_are_found_by_their_id_oldest_first(history: History) -> None:
    for seq, event_id in ((1, "e-1"), (2, "e-11"), (3, "e-1")):
        history.accepted(stored(seq, event_id), ())
    assert [record.stored.seq for record in history.find("e-1")] == [1, 3]


def test_only_the_newest_events_are_remembered(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVENTS_KEPT", 3)
    for seq in range(1, 6):
        history.accepted(stored(seq), ())
    assert [record.stored.seq for record in history.find("e-1")] == [3, 4, 5]


def test_events_with_long_attributes_are_remembered_as_far_as_there_is_room(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BYTES_KEPT", 2500)
    for seq in range(1, 6):
        history.accepted(Stored(seq, BROKER, 5.0, event(subject="s" * 1000)), ())
    assert [record.stored.seq for record in history.find("e-1")] == [4, 5]


def test_an_event_that_was_forgotten_can_still_be_closed(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVENTS_KEPT", 1)
    history.opened(stored(1), KEY, URL, Progress())
    history.accepted(stored(2), ())
    history.closed(stored(1), KEY, "delivered", None, None)
    assert delivery(history).outcome == "delivered"


def test_attempts_that_were_forgotten_are_counted(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVENTS_KEPT", 1)
    history.opened(stored(1), KEY, URL, Progress())
    history.attempted(stored(1), KEY, FAILED, ok=False)
    history.accepted(stored(2), ())
    history.attempted(stored(1), KEY, MADE, ok=True)
    assert (delivery(history).attempts_before_restart, delivery(history).attempts) == (1, (MADE,))


def test_the_data_of_events_is_not_held(history: History) -> None:
    history.accepted(stored(1), ())
    record = history.get(1)
    assert record is not None
    assert (record.stored.event.attributes, record.stored.event.data) == (event().attributes, None)


async def test_watchers_are_told_every_change_in_order(history: History) -> None:
    watching = history.watch()
    first = asyncio.ensure_future(anext(watching))
    await settle()
    history.accepted(stored(1), ())
    history.opened(stored(1), KEY, URL, Progress())
    history.attempted(stored(1), KEY, FAILED, ok=False)
    history.attempted(stored(1), KEY, BY_FAULT, ok=False)
    history.closed(stored(1), KEY, "sunk", "gave up", "l-1")
    changes = [await first, *[await anext(watching) for _ in range(4)]]
    assert [(change.what, change.trigger, change.detail) for change in changes] == [
        ("accepted", None, BROKER),
        ("matched", KEY, ""),
        ("attempt", KEY, "1: 503: the subscriber failed, next in 10 s"),
        ("attempt", KEY, "2: 503 (fault)"),
        ("sunk", KEY, "gave up"),
    ]
    assert {(one.event_id, one.event_source, one.event_type) for one in changes} == {("e-1", "/app", "ride")}
    assert [change.attempt for change in changes] == [None, None, FAILED.told(), BY_FAULT.told(), None]


async def test_a_watcher_that_does_not_keep_up_loses_the_oldest_lines(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHANGES_QUEUED", 2)
    watching = history.watch()
    first = asyncio.ensure_future(anext(watching))
    await settle()
    for number in range(5):
        history.tell("reload", str(number))
    assert [(await first).detail, (await anext(watching)).detail] == ["3", "4"]


async def test_a_watcher_that_has_gone_is_told_nothing(history: History) -> None:
    watching = asyncio.ensure_future(anext(history.watch()))
    await settle()
    watching.cancel()
    await settle()
    history.accepted(stored(1), ())
    assert not history._watchers
