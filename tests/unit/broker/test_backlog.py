"""How much the triggers are not done with, and that counting it holds nobody up."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from mesh.broker import backlog
from mesh.broker.backlog import Outstanding, count
from mesh.ledger.memory import MemoryLedger
from mesh.ledger.sqlite import SqliteLedger
from mesh.manifests.model import Exact
from support.delivering import SUBSCRIBER, Running, answer, retrying, routed, trigger
from support.events import append, event

ALL = routed(trigger(), retrying())
RIDES = routed(trigger("rides", None, Exact({"type": "ride"})), retrying())
FEES = routed(trigger("fees", None, Exact({"type": "fee"})), retrying())
WINDOW = 100


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[SqliteLedger]:
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        yield ledger


async def test_what_is_not_begun_is_pending_and_what_is_begun_or_waits_is_in_flight(mesh: Running) -> None:
    release = asyncio.Event()
    mesh.client.answers[SUBSCRIBER] = [answer(503)]
    mesh.client.always = dict.fromkeys((SUBSCRIBER, "http://rides"), release)
    async with mesh.dispatching(ALL, RIDES, FEES):
        await mesh.ledger.write(*(append(f"e-{number}") for number in range(150)))
        mesh.publish(event("last"))
        await mesh.clock.advance(0)
        of_all = await count(mesh.ledger, mesh.broker.dispatchers)
        of_fees = await count(mesh.ledger, mesh.broker.dispatchers, "fee")
        of_rides = await count(mesh.ledger, mesh.broker.dispatchers, "ride")
        release.set()
    both = Outstanding(151 - WINDOW, WINDOW)
    assert of_all.by_trigger == {ALL.key: both, RIDES.key: both, FEES.key: Outstanding()}
    assert of_rides.by_trigger == of_all.by_trigger
    assert (of_fees.pending, of_fees.in_flight) == (0, 0)


class Overtaken(MemoryLedger):
    """Its writer finishes everything after the standings were read and before they are counted ahead."""

    def ahead(self, subscriptions: Collection[str]) -> Mapping[str, int]:
        return dict.fromkeys(subscriptions, 0)


async def test_what_is_done_with_while_it_is_counted_makes_no_count_negative() -> None:
    mesh = Running(Overtaken())
    release = asyncio.Event()
    mesh.client.always[SUBSCRIBER] = release
    async with mesh.dispatching(ALL):
        await mesh.ledger.write(append("e-1"))
        mesh.publish(event("e-2"))
        await mesh.clock.advance(0)
        counted = await count(mesh.ledger, mesh.broker.dispatchers)
        release.set()
    assert counted.by_trigger == {ALL.key: Outstanding(pending=0, in_flight=2)}


async def test_the_loop_keeps_turning_while_many_events_are_counted(on_disk: SqliteLedger) -> None:
    mesh = Running(on_disk)
    release = asyncio.Event()
    mesh.client.always["http://rides"] = release
    async with mesh.dispatching(RIDES):
        await on_disk.write(*(append(f"e-{number}") for number in range(5_000)))
        counting = asyncio.ensure_future(count(on_disk, mesh.broker.dispatchers))
        turns = 0
        while not counting.done():
            await asyncio.sleep(0)
            turns += 1
        release.set()
        counted = counting.result()
        mesh.broker.dispatchers[0].stop()
    assert counted.pending + counted.in_flight == 5_000
    assert not counted.at_once
    assert turns >= 5_000 // backlog.SLICE_EVENTS


async def test_events_that_every_trigger_wants_are_counted_in_one_go(on_disk: SqliteLedger) -> None:
    mesh = Running(on_disk)
    async with mesh.dispatching(ALL):
        await on_disk.write(*(append(f"e-{number}") for number in range(500)))
        counted = await count(on_disk, mesh.broker.dispatchers)
        mesh.broker.dispatchers[0].stop()
    assert (counted.pending, counted.in_flight, counted.at_once) == (500, 0, True)
