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
