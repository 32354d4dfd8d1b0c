"""One trigger's way through the ledger: filters, window, restarts, stopping; and several triggers side by side."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from mesh.broker.dispatcher import WINDOW
from mesh.broker.trace import Tracer
from mesh.errors import LedgerUnavailable
from mesh.ledger.memory import MemoryLedger
from mesh.ledger.port import Answer
from mesh.ledger.records import Advance, Append, Bury, Change, Finish, Postpone, Progress, Stored, Subscribe
from mesh.ledger.sqlite import SqliteLedger
from mesh.manifests.model import Exact
from support.clock import FakeClock, settle, until
from support.delivering import SINK, SUBSCRIBER, Running, answer, replying, retrying, routed, trigger
from support.events import BROKER, append, event, failure, letter

ROUTE = routed(trigger(), retrying())
OTHER = routed(trigger("notify"), retrying())
RIDES_ONLY = routed(trigger("invoice", retrying(), Exact({"type": "ride"})))


async def publish(mesh: Running, count: int, first: int = 1) -> None:
    for number in range(first, first + count):
        await mesh.publish(event(f"e-{number}"))


def sent(mesh: Running, base: str = SUBSCRIBER) -> list[str]:
    return [one.id for one in mesh.client.events(base)]


async def test_only_what_passes_the_filters_is_delivered_and_the_rest_is_done_with(
    mesh: Running, ledger: MemoryLedger
) -> None:
    async with mesh.dispatching(RIDES_ONLY):
        await mesh.publish(event("e-1", "fee"))
        await mesh.publish(event("e-2", "ride"))
        await mesh.clock.advance(0)
        assert sent(mesh) == ["e-2"]
        assert ledger.read(BROKER, 0, 10) == []
        (traced,) = Tracer(mesh.history, ledger, [RIDES_ONLY]).trace("e-1", None).events
    (delivery,) = traced.deliveries
    assert (delivery.trigger, delivery.outcome) == (RIDES_ONLY.key, "not_matched")
    assert delivery.reason is not None
    assert delivery.reason.startswith("type is 'fee'")


async def test_a_backlog_is_delivered_in_order_of_arrival(mesh: Running, ledger: MemoryLedger) -> None:
    await ledger.write(Subscribe(ROUTE.key, BROKER), *(append(f"e-{number}") for number in range(1, 121)))
    async with mesh.dispatching(ROUTE):
        await mesh.clock.advance(0)
        await mesh.clock.advance(0)
    assert sent(mesh) == [f"e-{number}" for number in range(1, 121)]
    assert ledger.read(BROKER, 0, 10) == []


async def test_a_restart_resumes_attempts_and_due_time(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.always[SUBSCRIBER] = answer(503)
    async with mesh.dispatching(ROUTE):
        began = mesh.clock.now()
        await publish(mesh, 1)
        await mesh.clock.advance(4)
    again = Running(ledger, mesh.clock)
    again.client.always[SUBSCRIBER] = answer(503)
    async with again.dispatching(ROUTE):
        await again.clock.advance(100)
    assert [time - began for time in again.client.times] == [10, 30, 30]
    assert sent(again, SUBSCRIBER) == ["e-1", "e-1"]
    assert sent(again, SINK) == ["e-1"]
    record = again.history.get(1)
    assert record is not None
    delivery = record.deliveries["cabs/invoice"]
    assert (delivery.attempts_before_restart, delivery.last_before_restart) == (1, "503: the subscriber failed")
    assert [attempt.number for attempt in delivery.attempts] == [2, 3, 1]


async def test_an_attempt_that_came_due_while_the_mesh_was_down_is_made_at_once(
    mesh: Running, ledger: MemoryLedger
) -> None:
    late = Progress(attempts=1, due=mesh.clock.now() - 500, last="status 503")
    await ledger.write(Subscribe(ROUTE.key, BROKER), append(), Postpone(ROUTE.key, 1, 1, late))
    async with mesh.dispatching(ROUTE):
        assert sent(mesh) == ["e-1"]


async def test_a_restart_goes_on_with_the_dead_letter_sink_where_it_stood(mesh: Running, ledger: MemoryLedger) -> None:
    given_up = Progress("dead_letter_sink", 1, mesh.clock.now() + 5, "status 500", failure(422, "poison"))
    await ledger.write(Subscribe(ROUTE.key, BROKER), append(), Postpone(ROUTE.key, 1, 1, given_up))
    async with mesh.dispatching(ROUTE):
        assert mesh.client.requests == []
        await mesh.clock.advance(5)
    assert (sent(mesh, SUBSCRIBER), sent(mesh, SINK)) == ([], ["e-1"])
    assert [(one.state, one.failure.reason) for one in ledger.letters()] == [("sunk", "poison")]


async def test_what_was_given_up_is_kept_when_its_sink_is_gone_from_the_manifest(
    mesh: Running, ledger: MemoryLedger
) -> None:
    given_up = Progress("dead_letter_sink", failure=failure(422, "poison"))
    await ledger.write(Subscribe(ROUTE.key, BROKER), append(), Postpone(ROUTE.key, 1, 1, given_up))
    async with mesh.dispatching(routed(trigger(), retrying(sink=None))):
        await mesh.clock.advance(0)
    assert mesh.client.requests == []
    assert [(one.state, one.failure.reason) for one in ledger.letters()] == [("kept", "poison")]


async def test_what_was_finished_out_of_order_is_not_delivered_again(mesh: Running, ledger: MemoryLedger) -> None:
    await ledger.write(Subscribe(ROUTE.key, BROKER), *(append(f"e-{number}") for number in (1, 2, 3)))
    await ledger.write(Finish(ROUTE.key, [2], 0))
    async with mesh.dispatching(ROUTE):
        assert sent(mesh) == ["e-1", "e-3"]
    assert ledger.read(BROKER, 0, 10) == []


async def test_what_waits_ahead_of_the_position_is_not_begun_anew(mesh: Running, ledger: MemoryLedger) -> None:
    later = Progress(attempts=1, due=mesh.clock.now() + 10, last="status 503")
    await ledger.write(Subscribe(ROUTE.key, BROKER), append("e-1"), append("e-2"), Postpone(ROUTE.key, 2, 0, later))
    async with mesh.dispatching(ROUTE):
        assert sent(mesh) == ["e-1"]
        await mesh.clock.advance(10)
        assert sent(mesh) == ["e-1", "e-2"]


async def test_a_new_trigger_gets_nothing_from_before_it(mesh: Running, ledger: MemoryLedger) -> None:
    await ledger.write(Subscribe(OTHER.key, BROKER), append("before"))
    async with mesh.dispatching(ROUTE, OTHER):
        await mesh.publish(event("after"))
        await mesh.clock.advance(0)
    assert sent(mesh, SUBSCRIBER) == ["after"]
    assert sent(mesh, "http://notify") == ["before", "after"]


async def test_a_hanging_trigger_delays_no_other(mesh: Running) -> None:
    released = asyncio.Event()
    mesh.client.always[SUBSCRIBER] = released
    async with mesh.dispatching(ROUTE, OTHER):
        await publish(mesh, 3 * WINDOW)
        await mesh.clock.advance(0)
        await mesh.clock.advance(0)
        assert len(sent(mesh, "http://notify")) == 3 * WINDOW
        released.set()


async def test_a_trigger_holds_no_more_than_its_window(mesh: Running) -> None:
    released = asyncio.Event()
    mesh.client.always[SUBSCRIBER] = released
    async with mesh.dispatching(ROUTE):
        await publish(mesh, WINDOW + 30)
        await mesh.clock.advance(0)
        (dispatcher,) = mesh.broker.dispatchers
        assert len(dispatcher.in_hand) == len(sent(mesh)) == WINDOW == 100
        released.set()
        await mesh.clock.advance(0)
        assert len(sent(mesh)) == WINDOW + 30
        assert dispatcher.in_hand == {}


async def test_events_that_wait_for_a_retry_take_up_the_window_too(mesh: Running) -> None:
    mesh.client.always[SUBSCRIBER] = answer(503)
    async with mesh.dispatching(ROUTE):
        await publish(mesh, WINDOW + 30)
        await mesh.clock.advance(5)
        assert len(sent(mesh)) == WINDOW


async def test_stopping_lets_attempts_under_way_end_and_begins_none(mesh: Running, ledger: MemoryLedger) -> None:
    released = asyncio.Event()
    mesh.client.answers[SUBSCRIBER] = [released]
    async with mesh.dispatching(ROUTE):
        await publish(mesh, 1)
        await mesh.clock.advance(0)
        (dispatcher,) = mesh.broker.dispatchers
        dispatcher.stop()
        await publish(mesh, 1, first=2)
        await mesh.clock.advance(0)
        assert sent(mesh) == ["e-1"]
        released.set()
    assert sent(mesh) == ["e-1"]
    assert [stored.event.id for stored in ledger.read(BROKER, 0, 10)] == ["e-2"]


async def test_what_is_cut_off_is_hung_up_on_and_stays_in_the_ledger(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [asyncio.Event()]
    async with mesh.dispatching(ROUTE):
        await publish(mesh, 1)
        await mesh.clock.advance(0)
        mesh.running[0].cancel()
        await settle()
        assert mesh.client.hung_up == [SUBSCRIBER]
    assert [stored.event.id for stored in ledger.read(BROKER, 0, 10)] == ["e-1"]


class Holding(MemoryLedger):
    """While it is `holding`, it takes those who wait for an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.holding = False
        self.held: list[Callable[[Answer], None]] = []

    def submit(self, changes: Sequence[Change], then: Callable[[Answer], None]) -> None:
        if self.holding:
            self.held.append(then)
        else:
            super().submit(changes, then)


async def delivered(mesh: Running, ledger: Holding) -> Callable[[Answer], None]:
    """Have one event delivered; return how to say what came of writing that down."""
    await publish(mesh, 1)
    ledger.holding = True
    await mesh.clock.advance(0)
    (written,) = ledger.held
    return written


@pytest.mark.parametrize("keeps_connections", [True, False])
async def test_stopping_waits_until_what_was_delivered_is_written_down(*, keeps_connections: bool) -> None:
    ledger = Holding()
    mesh = Running(ledger, keeps_connections=keeps_connections)
    async with mesh.dispatching(ROUTE):
        written = await delivered(mesh, ledger)
        (running,), (dispatcher,) = mesh.running, mesh.broker.dispatchers
        dispatcher.stop()
        await settle()
        assert not running.done()
        written([])
        await settle()
        assert running.done()


@pytest.mark.parametrize("keeps_connections", [True, False])
async def test_nobody_writes_again_for_what_was_cut_off_before_the_disk_was_full(*, keeps_connections: bool) -> None:
    ledger = Holding()
    mesh = Running(ledger, keeps_connections=keeps_connections)
    async with mesh.dispatching(ROUTE):
        written = await delivered(mesh, ledger)
        mesh.running[0].cancel()
        await settle()
        written(LedgerUnavailable("the ledger cannot be written: it is full"))
        await mesh.clock.advance(5)
        assert len(ledger.held) == 1


async def test_stopping_ends_waits_at_once_and_keeps_their_schedule(mesh: Running, ledger: MemoryLedger) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(503)]
    async with mesh.dispatching(ROUTE):
        due = mesh.clock.now() + 10
        await publish(mesh, 1)
        await mesh.clock.advance(3)
    (standing,) = ledger.subscriptions()
    assert standing.open[1].due == due


async def test_stopping_with_a_full_window_begins_no_attempt(mesh: Running) -> None:
    mesh.client.always[SUBSCRIBER] = answer(503)
    async with mesh.dispatching(ROUTE):
        await publish(mesh, WINDOW + 30)
        await mesh.clock.advance(0)
    assert len(sent(mesh)) == WINDOW


async def test_a_replay_is_for_its_trigger_alone_and_passes_its_filters_by(mesh: Running, ledger: MemoryLedger) -> None:
    dead = letter("l-1", trigger=RIDES_ONLY.key)
    async with mesh.dispatching(RIDES_ONLY, OTHER):
        await ledger.write(Bury(dead))
        await mesh.broker.replay(event("e-9", "corrected"), dead)
        await mesh.clock.advance(0)
        assert (sent(mesh, SUBSCRIBER), sent(mesh, "http://notify")) == (["e-9"], [])
        assert list(ledger.letters()) == []
        await until(lambda: ledger.read(BROKER, 0, 10) == [])


async def test_a_replay_is_delivered_though_the_one_who_asked_has_gone(tmp_path: Path) -> None:
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        mesh = Running(ledger)
        async with mesh.dispatching(ROUTE):
            asked = asyncio.create_task(mesh.broker.replay(event("e-9"), letter("l-1", trigger=ROUTE.key)))
            await asyncio.sleep(0)
            asked.cancel()
            await until(lambda: sent(mesh) == ["e-9"])


async def test_other_brokers_events_are_not_touched(mesh: Running, ledger: MemoryLedger) -> None:
    await ledger.write(Subscribe("cabs/elsewhere", "cabs/other"), Append("cabs/other", event("theirs"), 1.0))
    async with mesh.dispatching(ROUTE):
        await publish(mesh, 1)
        await mesh.clock.advance(0)
        assert sent(mesh) == ["e-1"]
        assert [stored.event.id for stored in ledger.read("cabs/other", 0, 10)] == ["theirs"]


def test_a_trigger_wants_nothing_of_another_broker_whatever_its_filters() -> None:
    theirs = Stored(1, "cabs/other", 1.0, event("e-1", "ride"))
    for one in (ROUTE, RIDES_ONLY):
        assert not one.wants(theirs)
        assert one.wants(replace(theirs, broker=BROKER))


async def test_on_disk_too_everything_and_its_replies_are_delivered_and_gone(tmp_path: Path) -> None:
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        mesh = Running(ledger, FakeClock())
        mesh.client.answers[SUBSCRIBER] = [replying(event(f"reply-{number}", "fee")) for number in range(150)]
        async with mesh.dispatching(RIDES_ONLY, OTHER):
            await asyncio.gather(*(mesh.publish(event(f"e-{number}")) for number in range(150)))
            await until(lambda: not ledger.read(BROKER, 0, 1))
        assert len(sent(mesh, SUBSCRIBER)) == 150
        assert len(set(sent(mesh, "http://notify"))) == len(sent(mesh, "http://notify")) == 300
        await ledger.write(Advance([OTHER.key], 300))
        assert {standing.position for standing in ledger.subscriptions()} == {300}
