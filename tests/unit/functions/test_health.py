"""What is wrong with a running replica, seen by real probes of a small server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from mesh.functions.background import background
from mesh.functions.health import Fault, Health
from mesh.functions.liveness import FAILURE_THRESHOLD, PERIOD_SECONDS, Liveness
from mesh.functions.memory import Memory
from mesh.functions.slot import Slot
from support.clock import until
from support.hosted import ReplicaDouble, TurnedClock, launch


class Probed:
    """A replica whose liveness a test decides."""

    def __init__(self) -> None:
        self.status = 200
        self.probes = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.probes += 1
        return web.Response(status=self.status if request.path == "/health/liveness" else 404)


@pytest.fixture
def probed() -> Probed:
    return Probed()


@pytest.fixture
async def slot(probed: Probed) -> AsyncIterator[Slot]:
    runner = web.ServerRunner(web.Server(probed.answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    yield Slot(ReplicaDouble("invoice-00001-1", f"http://127.0.0.1:{port}"), 1, 0.0)  # type: ignore[arg-type]
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_three_failures_in_a_row_are_the_end(slot: Slot, probed: Probed, client: aiohttp.ClientSession) -> None:
    clock, probed.status = TurnedClock(), 503
    lost = asyncio.create_task(Liveness(client, clock).lost(launch(), slot))
    for _ in range(FAILURE_THRESHOLD):
        await until(lambda: clock.sleeping)
        await clock.turn(PERIOD_SECONDS)
    assert await lost == "failed its liveness probe 3 times in a row (GET /health/liveness: status 503)"


@pytest.mark.parametrize("answers", [0, 1])
async def test_one_success_or_one_answered_request_begins_the_count_anew(
    slot: Slot, probed: Probed, client: aiohttp.ClientSession, answers: int
) -> None:
    clock, probed.status = TurnedClock(), 503
    lost = asyncio.create_task(Liveness(client, clock).lost(launch(), slot))
    for number in range(5):
        await until(lambda: clock.sleeping)
        probed.status = 200 if number == 2 and not answers else 503
        slot.answers += answers if number == 2 else 0
        await clock.turn(PERIOD_SECONDS)
    await until(lambda: clock.sleeping)
    assert not lost.done()
    await clock.turn(PERIOD_SECONDS)
    assert "3 times in a row" in await lost


async def test_an_end_is_told_with_its_status_and_what_it_means(slot: Slot, client: aiohttp.ClientSession) -> None:
    clock = TurnedClock()
    async with background() as tasks:
        health = Health(Liveness(client, clock), Memory(tasks, clock), lambda _: None)
        seen = tasks.create_task(health.fault(launch(), slot))
        slot.replica.die()  # type: ignore[attr-defined]
        assert await seen == Fault("ended (status -9); its requests in flight failed")


async def test_where_limits_do_not_hold_that_is_said_once(slot: Slot, client: aiohttp.ClientSession) -> None:
    clock, said = TurnedClock(), list[str]()
    async with background() as tasks:
        health = Health(Liveness(client, clock), Memory(tasks, clock), said.append)
        health._limits_hold = False
        limited = replace(launch(), memory_bytes=1)
        seen = [tasks.create_task(health.fault(limited, slot)) for _ in range(2)]
        await until(lambda: bool(said))
        slot.replica.die()  # type: ignore[attr-defined]
        await asyncio.gather(*seen)
    assert said == ["memory limits, as that of function invoice, hold on Linux only"]
