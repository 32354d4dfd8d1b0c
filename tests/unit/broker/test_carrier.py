"""One event and one trigger: attempts, waits, dead letters and replies."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from mesh.broker.delivery import Delivery
from mesh.control.shapes import Fault
from mesh.errors import NoAnswer, StartFailed
from mesh.event import Event
from mesh.ledger.memory import MemoryLedger
from mesh.ledger.port import Answer
from mesh.ledger.records import Append, Change, Finish, Progress, Stored
from mesh.manifests.model import Destination, Reference
from mesh.wire import Request, Response, Then
from support.delivering import SINK, SUBSCRIBER, Running, ScriptedClient, answer, replying, retrying, routed, trigger
from support.events import BROKER, event

ROUTE = routed(trigger(), retrying())
NO_SINK = routed(trigger(), retrying(sink=None))
KEY = "cabs/invoice"


def outcome(mesh: Running, seq: int = 1) -> str:
    record = mesh.history.get(seq)
    assert record is not None
    return record.deliveries[KEY].outcome


def progress(ledger: MemoryLedger) -> dict[int, Progress]:
    (standing,) = ledger.subscriptions()
    return standing.open


async def test_an_event_is_delivered_once_and_leaves_the_ledger(mesh: Running, ledger: MemoryLedger) -> None:
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(0)
        assert mesh.client.events(SUBSCRIBER) == [event()]
        assert outcome(mesh) == "delivered"
        assert ledger.event(1) is None


async def test_the_request_says_what_the_kafka_dispatcher_says(mesh: Running) -> None:
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event(data=b"{}", datacontenttype="application/json"))
        await mesh.clock.advance(0)
    ((base, request),) = mesh.client.requests
    assert (base, request.method, request.path, request.body) == (SUBSCRIBER, "POST", "/", b"{}")
    assert request.headers == [
        ("prefer", "reply"),
        ("kn-namespace", "cabs"),
        ("ce-specversion", "1.0"),
        ("ce-id", "e-1"),
        ("ce-source", "/app"),
        ("ce-type", "ride"),
        ("ce-knativekafkapartition", "1"),
        ("ce-knativekafkaoffset", "0"),
        ("content-type", "application/json"),
    ]


@pytest.mark.parametrize(
    "failing",
    [answer(503), answer(404), NoAnswer("refused"), StartFailed("no such module"), RuntimeError("a bug of ours")],
    ids=["503", "404", "no answer", "replica did not start", "exception in the client"],
)
async def test_a_failed_attempt_is_made_again_at_its_due_time(mesh: Running, failing: Response | Exception) -> None:
    mesh.client.answers[SUBSCRIBER] = [failing, failing]
    async with mesh.dispatching(ROUTE):
        began = mesh.clock.now()
        await mesh.publish(event())
        await mesh.clock.advance(9.9)
        assert outcome(mesh) == "waiting"
        assert mesh.clock.next_due == began + 10
        await mesh.clock.advance(100)
        assert [time - began for time in mesh.client.times] == [0, 10, 30]
        assert outcome(mesh) == "delivered"


class Faulty(ScriptedClient):
    """Has a fault of ours in what is done without a task."""

    def begin(self, base: str, request: Request, *, within: float, then: Then) -> Callable[[], object] | None:
        raise RuntimeError("a bug of ours")


async def test_a_fault_of_ours_costs_neither_the_event_nor_those_behind_it(mesh: Running) -> None:
    mesh.delivery = Delivery(faulty := Faulty(mesh.clock), mesh.faults, mesh.clock)
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event("e-1"))
        await mesh.publish(event("e-2"))
        await mesh.clock.advance(0)
        assert [one.id for one in faulty.events(SUBSCRIBER)] == ["e-1", "e-2"]
        assert outcome(mesh) == "delivered"


async def test_an_answer_that_the_mesh_fails_to_read_is_a_failed_attempt(mesh: Running) -> None:
    def unreadable(_: Response) -> None:
        raise RuntimeError("a bug of ours")

    async with mesh.dispatching(replace(ROUTE, broker_class=replace(ROUTE.broker_class, read_reply=unreadable))):
        await mesh.publish(event())
        await mesh.clock.advance(0)
        assert outcome(mesh) == "waiting"
    record = mesh.history.get(1)
    assert record is not None
    assert "the mesh failed to read the answer (RuntimeError: a bug of ours)" in str(record.deliveries[KEY].attempts)


async def test_what_was_tried_is_in_the_ledger_before_the_wait_begins(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(503)]
    async with mesh.dispatching(ROUTE):
        began = mesh.clock.now()
        await mesh.publish(event())
        await mesh.clock.advance(0)
        assert progress(ledger) == {1: Progress(attempts=1, due=began + 10, last="503: the subscriber failed")}


async def test_422_goes_to_the_dead_letter_sink_at_once(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(422, b"no number", kne_reason="distance_km: caf%C3%A9")]
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(0)
    assert mesh.client.events(SINK) == [
        event(
            knativeerrordest="http://invoice/",
            knativeerrorcode="422",
            knativeerrordata=base64.b64encode(b"no number").decode(),
            reason="distance_km: caf%C3%A9",
        )
    ]
    assert len(mesh.client.events(SUBSCRIBER)) == 1
    (letter,) = ledger.letters()
    assert (letter.state, letter.trigger, letter.event, letter.failure.attempts) == ("sunk", KEY, event(), 1)
    assert letter.failure.reason == ("the subscriber will not take this event; not retried (distance_km: café)")
    assert (outcome(mesh), ledger.event(1)) == ("sunk", None)


@pytest.mark.parametrize(
    ("answered", "shown"),
    [
        (answer(500, kne_reason="no such ride"), "the subscriber failed (no such ride)"),
        (
            answer(500, kne_reason="Traceback:%0A  line 7%0AKeyError: km%0A"),
            "the subscriber failed (KeyError: km (`mesh logs charge`))",
        ),
        (StartFailed("Traceback:\n  line 7\nKeyError: km"), "KeyError: km (`mesh logs charge`)"),
    ],
)
async def test_a_failed_attempt_tells_the_subscriber_s_own_words_in_one_line(
    mesh: Running, answered: Response | Exception, shown: str
) -> None:
    mesh.client.answers[SUBSCRIBER] = [answered]
    subscriber = Destination(Reference("serving.knative.dev/v1", "Service", "charge", "cabs"), SUBSCRIBER)
    async with mesh.dispatching(routed(replace(trigger(), subscriber=subscriber), retrying())):
        await mesh.publish(event())
        await mesh.clock.advance(0)
        record = mesh.history.get(1)
        assert record is not None
        assert [attempt.error for attempt in record.deliveries[KEY].attempts] == [shown]


async def test_retries_that_are_used_up_lead_to_the_sink(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.always[SUBSCRIBER] = NoAnswer("refused")
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(30)
    assert len(mesh.client.events(SUBSCRIBER)) == 3
    (dead,) = mesh.client.events(SINK)
    assert dead == event(knativeerrordest="http://invoice/")
    (letter,) = ledger.letters()
    assert (letter.failure.code, letter.failure.reason) == (None, "refused; 3 attempts made")


async def test_the_sink_is_retried_as_the_subscriber_is(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(422)]
    mesh.client.answers[SINK] = [answer(500), answer(500)]
    async with mesh.dispatching(ROUTE):
        began = mesh.clock.now()
        await mesh.publish(event())
        await mesh.clock.advance(100)
        assert [time - began for time in mesh.client.times] == [0, 0, 10, 30]
        assert [letter.state for letter in ledger.letters()] == ["sunk"]


async def test_an_event_whose_sink_fails_too_is_kept_with_both_reasons(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(422)]
    mesh.client.answers[SINK] = [answer(400)]
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(0)
    (letter,) = ledger.letters()
    assert (letter.state, letter.failure.code) == ("kept", 422)
    assert letter.failure.reason == (
        "the subscriber will not take this event; not retried; then the dead letter sink failed, too: "
        "the subscriber will not take this event; not retried"
    )
    assert (outcome(mesh), ledger.event(1)) == ("kept", None)


async def test_an_event_without_a_sink_is_kept(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(422)]
    async with mesh.dispatching(NO_SINK):
        await mesh.publish(event())
        await mesh.clock.advance(0)
    assert [(letter.state, letter.event) for letter in ledger.letters()] == [("kept", event())]
    assert outcome(mesh) == "kept"


async def test_a_reply_is_stored_with_the_finish_and_carries_the_trace(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [replying(event("reply-1", "fee"))]
    traced = Event(event().attributes, b"{}", {"traceparent": "00-1-2-01"})
    async with mesh.dispatching(ROUTE):
        await mesh.publish(traced)
        await mesh.clock.advance(0)
        assert [one.id for one in mesh.client.events(SUBSCRIBER)] == ["e-1", "reply-1"]
        assert mesh.client.events(SUBSCRIBER)[1].headers == {"traceparent": "00-1-2-01"}
    record = mesh.history.get(1)
    assert record is not None
    assert record.deliveries[KEY].reply == 2


class Watched(MemoryLedger):
    """Remembers which kinds of changes were written together."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[list[type]] = []

    def submit(self, changes: Sequence[Change], then: Callable[[Answer], None]) -> None:
        self.written.append([type(change) for change in changes])
        super().submit(changes, then)


async def test_a_reply_and_the_finish_are_one_write() -> None:
    ledger = Watched()
    mesh = Running(ledger)
    mesh.client.answers[SUBSCRIBER] = [replying(event("reply-1", "fee"))]
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(0)
    assert [Append, Finish] in ledger.written


async def test_all_that_are_delivered_in_a_turn_are_one_write() -> None:
    ledger = Watched()
    mesh = Running(ledger)
    async with mesh.dispatching(ROUTE):
        for number in range(3):
            mesh.publish(event(f"e-{number}"))
        await mesh.clock.advance(0)
        assert [outcome(mesh, seq) for seq in (1, 2, 3)] == ["delivered"] * 3
    assert ledger.written.count([Finish]) == 1


async def test_what_is_delivered_in_a_turn_behind_one_that_is_not_is_done_all_the_same(ledger: MemoryLedger) -> None:
    mesh, never = Running(ledger), asyncio.Event()
    mesh.client.answers[SUBSCRIBER] = [never]
    async with mesh.dispatching(ROUTE):
        for number in range(4):
            mesh.publish(event(f"e-{number}"))
        await mesh.clock.advance(0)
        assert [stored.seq for stored, _ in ledger.outstanding(ROUTE.key)] == [1]
        never.set()


async def test_a_delivery_that_cannot_be_ended_costs_no_other_its_end(
    ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mesh = Running(ledger)
    settled = mesh.broker.settled

    def stumble(stored: Stored, *, ok: bool) -> None:
        if stored.seq == 1:
            raise ValueError("stumbled")
        settled(stored, ok=ok)

    monkeypatch.setattr(mesh.broker, "settled", stumble)
    async with mesh.dispatching(ROUTE):
        for number in range(2):
            mesh.publish(event(f"e-{number}"))
        await mesh.clock.advance(0)
        assert [stored.event.id for stored in mesh.broker.dispatchers[0].in_hand.values()] == ["e-0"]
        mesh.running[0].cancel()
    assert "event e-0 of cabs/invoice was delivered, and stays in hand" in caplog.text


async def test_on_a_full_disk_a_reply_waits_with_the_finish(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [replying(event("reply-1", "fee"))]
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        ledger.full = True
        await mesh.clock.advance(5)
        assert (ledger.find("reply-1"), progress(ledger)) == ([], {})
        assert [stored.seq for stored in ledger.read(BROKER, 0, 10)] == [1]
        ledger.full = False
        await mesh.clock.advance(5)
        assert [one.id for one in mesh.client.events(SUBSCRIBER)] == ["e-1", "reply-1"]


async def test_a_reply_of_the_sink_is_stored_too(mesh: Running) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(422)]
    mesh.client.answers[SINK] = [replying(event("noted", "dead"))]
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(0)
        assert [one.id for one in mesh.client.events(SUBSCRIBER)] == ["e-1", "noted"]
    record = mesh.history.get(1)
    assert record is not None
    assert (record.deliveries[KEY].reply, record.deliveries[KEY].sink_reply) == (None, 2)


async def test_a_full_ledger_holds_the_finish_back_until_there_is_room(mesh: Running, ledger: MemoryLedger) -> None:
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        ledger.full = True
        await mesh.clock.advance(60)
        assert outcome(mesh) == "in_flight"
        ledger.full = False
        await mesh.clock.advance(1)
        assert outcome(mesh) == "delivered"
        assert len(mesh.client.requests) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(trigger=KEY, status=503, times=1), "the subscriber failed"),
        (Fault(trigger=KEY, drop=True, times=1), "the connection broke"),
        (Fault(trigger=KEY, delay=40.0, times=1), "no response within 30 s"),
    ],
    ids=["status", "drop", "delay beyond the time-out"],
)
async def test_a_fault_fails_an_attempt_without_calling_the_subscriber(mesh: Running, fault: Fault, error: str) -> None:
    mesh.faults.set(fault)
    async with mesh.dispatching(ROUTE):
        await mesh.publish(event())
        await mesh.clock.advance(35)
        assert len(mesh.client.requests) == (0 if fault.delay else 1)
        await mesh.clock.advance(35)
    record = mesh.history.get(1)
    assert record is not None
    first, second = record.deliveries[KEY].attempts
    assert (first.error, first.fault, second.error, second.fault) == (error, True, None, False)
