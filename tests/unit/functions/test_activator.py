"""Requests that wait for replicas, on a clock that the test turns."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from mesh.errors import StartFailed
from mesh.functions.activator import Activator
from mesh.functions.background import background
from mesh.functions.replicas import Surroundings
from support.hosted import SCALE, StarterDouble, TurnedClock, launch, settle, watched


@dataclass
class Rig:
    activator: Activator
    starter: StarterDouble
    clock: TurnedClock
    reports: list[str]
    changes: list[tuple[str, str]]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    starter, clock, reports, changes = StarterDouble(), TurnedClock(), list[str](), list[tuple[str, str]]()
    async with background() as tasks:
        around = Surroundings(starter, clock, tasks, reports.append, lambda *change: changes.append(change), watched)  # type: ignore[arg-type]
        activator = Activator(launch(), SCALE, around)
        tasks.create_task(activator.run(), name="scale")
        yield Rig(activator, starter, clock, reports, changes)


async def used(activator: Activator) -> str:
    async with activator.replica() as url:
        return url


async def test_the_first_request_starts_a_replica_and_the_next_one_shares_it(rig: Rig) -> None:
    async with rig.activator.replica() as first, rig.activator.replica() as second:
        assert first == second == "http://replica/1/1"
    assert len(rig.starter.started) == 1


async def test_a_window_without_requests_stops_it_and_the_next_request_starts_another(rig: Rig) -> None:
    await used(rig.activator)
    await settle()
    await rig.clock.turn(59)
    assert len(rig.starter.running) == 1
    await rig.clock.turn(1)
    assert rig.starter.running == []
    assert await used(rig.activator) == "http://replica/1/2"


async def test_a_request_in_the_window_begins_it_anew(rig: Rig) -> None:
    await used(rig.activator)
    await rig.clock.turn(59)
    await used(rig.activator)
    await rig.clock.turn(59)
    assert len(rig.starter.running) == 1
    await rig.clock.turn(1)
    assert rig.starter.running == []


async def test_a_request_that_lasts_longer_than_the_window_keeps_its_replica(rig: Rig) -> None:
    async with rig.activator.replica():
        await rig.clock.turn(600)
        assert len(rig.starter.running) == 1


async def test_the_replica_with_the_fewest_requests_is_next(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, minimum=2))
    await settle()
    async with rig.activator.replica() as first, rig.activator.replica() as second:
        assert first != second


async def test_container_concurrency_is_a_hard_limit_and_more_replicas_take_the_rest(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, concurrency=1, maximum=2))
    async with rig.activator.replica() as first, rig.activator.replica() as second:
        assert first != second
        third = asyncio.create_task(used(rig.activator))
        await settle()
        assert not third.done()
    assert await third in {first, second}


async def test_a_start_that_fails_tells_every_request_why(rig: Rig) -> None:
    rig.starter.failure = "function invoice ended before it was ready; it said:\nImportError: no module"
    results = await asyncio.gather(used(rig.activator), used(rig.activator), return_exceptions=True)
    assert [str(result) for result in results] == [rig.starter.failure] * 2
    assert "function invoice ended before it was ready" in rig.reports[0]


async def test_while_starts_fail_requests_are_refused_until_the_back_off_is_over(rig: Rig) -> None:
    rig.starter.failure = "broken"
    for _ in range(3):
        with pytest.raises(StartFailed, match="broken"):
            await used(rig.activator)
    assert rig.starter.attempts == 1
    await rig.clock.turn(0.3)
    with pytest.raises(StartFailed, match="broken"):
        await used(rig.activator)
    assert rig.starter.attempts == 2


async def test_a_saved_file_ends_the_back_off(rig: Rig) -> None:
    rig.starter.failure = "broken"
    with pytest.raises(StartFailed):
        await used(rig.activator)
    rig.starter.failure = None
    rig.activator.renew(launch(2), SCALE)
    assert await used(rig.activator) == "http://replica/2/1"


async def test_a_new_generation_serves_before_the_old_one_ends_with_its_last_request(rig: Rig) -> None:
    async with rig.activator.replica() as old:
        rig.activator.renew(launch(2), SCALE)
        await settle()
        assert await used(rig.activator) == "http://replica/2/2"
        assert [replica.url for replica in rig.starter.running] == [old, "http://replica/2/2"]
    await settle()
    assert [replica.url for replica in rig.starter.running] == ["http://replica/2/2"]


async def test_the_old_generation_serves_while_the_new_one_does_not_start(rig: Rig) -> None:
    old = await used(rig.activator)
    rig.starter.failure = "broken"
    rig.activator.renew(launch(2), SCALE)
    await settle()
    assert await used(rig.activator) == old


async def test_what_started_for_a_generation_that_is_over_does_not_stay(rig: Rig) -> None:
    rig.starter.held = asyncio.Event()
    waiting = asyncio.create_task(used(rig.activator))
    await settle()
    rig.activator.renew(launch(2), SCALE)
    await settle()
    rig.starter.held.set()
    await waiting
    await settle()
    assert [replica.url.split("/")[3] for replica in rig.starter.running] == ["2"]


async def test_a_replica_that_dies_is_replaced_after_a_moment_when_requests_wait(rig: Rig) -> None:
    first = await used(rig.activator)
    rig.starter.started[0].die()
    await settle()
    assert "status -9" in rig.reports[0]
    next_one = asyncio.create_task(used(rig.activator))
    await settle()
    assert not next_one.done()
    await rig.clock.turn(0.3)
    assert await next_one != first


async def test_a_caller_that_goes_away_leaves_its_slot_to_others(rig: Rig) -> None:
    rig.starter.held = asyncio.Event()
    gone = asyncio.create_task(used(rig.activator))
    await settle()
    gone.cancel()
    rig.starter.held.set()
    rig.activator.renew(launch(2), replace(SCALE, concurrency=1, maximum=1))
    await settle()
    assert await used(rig.activator)


async def test_a_minimum_is_there_without_any_request(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, minimum=2))
    await settle()
    assert rig.activator.scaled.ready == 2


async def test_when_it_stops_nobody_waits_any_longer_and_no_late_start_stays(rig: Rig) -> None:
    rig.starter.held = asyncio.Event()
    waiting = asyncio.create_task(used(rig.activator))
    await settle()
    await rig.activator.stop(grace_seconds=1)
    with pytest.raises(StartFailed, match="is stopping"):
        await waiting
    rig.starter.held.set()
    await settle()
    assert rig.starter.running == []


async def test_it_tells_how_it_scales_and_what_became_of_each_replica(rig: Rig) -> None:
    await used(rig.activator)
    await settle()
    await rig.clock.turn(60)
    assert rig.changes == [
        ("function", "invoice scales 0 → 1 (1 in flight on average, target 70)"),
        ("replica", "invoice-00001-1 ready (0.00 s)"),
        ("function", "invoice scales 1 → 0 (idle for 60 s)"),
        ("replica", "invoice-00001-1 stopped"),
    ]
    assert rig.reports == []


async def test_its_status_has_what_waits_and_what_is_under_way(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, concurrency=1, maximum=2))
    async with rig.activator.replica():
        rig.starter.held = asyncio.Event()
        second = asyncio.create_task(used(rig.activator))
        await settle()
        scaled = rig.activator.scaled
        assert (scaled.ready, scaled.wanted, scaled.starting) == (1, 2, 1)
        assert (scaled.in_flight, scaled.held, scaled.mode, scaled.failure) == (1, 1, "panic", None)
        rig.starter.held.set()
        await second


async def test_each_death_doubles_the_wait_until_a_replica_was_there_for_long(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, minimum=1))
    await settle()
    for wait, lived in ((0.2, 0), (0.4, 9), (0.8, 0), (0.2, 10), (0.4, 0)):
        await rig.clock.turn(lived)
        rig.starter.running[0].die()
        await settle()
        await rig.clock.turn(wait - 0.01)
        assert rig.starter.running == []
        assert "ended (status -9)" in (rig.activator.scaled.failure or "")
        await rig.clock.turn(0.01)
        assert len(rig.starter.running) == 1
        assert rig.activator.scaled.failure is None


async def test_the_wait_after_one_that_has_answered_is_the_shortest(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, minimum=1))
    await settle()
    for _ in range(5):
        await used(rig.activator)
        rig.starter.running[0].die()
        await settle()
        await rig.clock.turn(0.2)
        assert len(rig.starter.running) == 1


async def test_a_replica_that_does_not_end_when_told_is_named(rig: Rig) -> None:
    await used(rig.activator)
    rig.starter.started[0].stubborn = True
    await rig.activator.stop(grace_seconds=3)
    assert rig.reports == ["replica invoice-00001-1 had not ended 3 s after SIGTERM and was killed"]
