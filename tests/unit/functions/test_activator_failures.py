"""Replicas that do not start, die or do not end, on a clock that the test turns."""

import asyncio
from dataclasses import replace

import pytest

from mesh.errors import StartFailed
from support.hosted import SCALE, Rig, launch, settle, used


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


async def test_the_old_generation_serves_while_the_new_one_does_not_start(rig: Rig) -> None:
    old = await used(rig.activator)
    rig.starter.failure = "broken"
    rig.activator.renew(launch(2), SCALE)
    await settle()
    assert await used(rig.activator) == old


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
