"""Requests that wait for replicas, on a clock that the test turns."""

import asyncio
from dataclasses import replace

import pytest

from mesh.errors import StartFailed
from support.hosted import SCALE, Rig, launch, settle, used


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


async def test_a_new_generation_serves_before_the_old_one_ends_with_its_last_request(rig: Rig) -> None:
    async with rig.activator.replica() as old:
        rig.activator.renew(launch(2), SCALE)
        await settle()
        assert await used(rig.activator) == "http://replica/2/2"
        assert [replica.url for replica in rig.starter.running] == [old, "http://replica/2/2"]
    await settle()
    assert [replica.url for replica in rig.starter.running] == ["http://replica/2/2"]


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


async def test_load_on_a_replica_that_was_idle_is_looked_at_though_nothing_is_held(rig: Rig) -> None:
    rig.activator.renew(launch(2), replace(SCALE, minimum=1, target=1))
    await settle()
    async with rig.activator.replica(), rig.activator.replica(), rig.activator.replica():
        for _ in range(2):
            await rig.clock.turn(1)
        assert rig.activator.scaled.ready == 3
