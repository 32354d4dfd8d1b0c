"""Cold starts: from the delivery to the answer to the first event, its database opened; forked against spawned.

`python bench/cold_start.py [ROUNDS | --quick]`. Spawned is the function's own command, in the parliament layout
`opentelemetry-instrument python -m parliament .`, with its port replaced by a launcher, and nothing of the mesh's
around it. The goal is for that one with telemetry; the other commands start less.
"""

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import get_args

import cpu_time
import uvloop
from aiohttp import web
from report import Goal, Machine, Report, Row, Table, keep
from several import Copy, complete_ride, own_command, running

from mesh.broker.client import HttpClient
from mesh.functions.hosting import Hosting
from mesh.functions.layouts import Layout
from mesh.functions.starting import Starting
from mesh.functions.warm.starter import warm_starter

WAYS: dict[str, Starting] = {"spawned": own_command, "forked": warm_starter}
TOGETHER = 8
WITHIN_SECONDS = 60.0
GOAL, GOAL_FOR = 0.1, "parliament, telemetry, "
QUICK_ROUNDS = 3
Telemetry = tuple[str, bool, str]  # in words, whether there is any, and the collector's address


async def main(rounds: int, *, quick: bool) -> None:
    print("cold start, ms: from the delivery to the answer to the first event, its database opened")
    print(f"min/median/max of {rounds}, alone and {TOGETHER} at once")
    print(f"{'':45} {'spawned':>18} {'forked':>18}   ratio of medians (goal: {GOAL:g})")
    async with collector() as endpoint, HttpClient() as client:
        rows = [row async for row in measured_rows(client, telemetries(endpoint, quick=quick), rounds)]
    table = Table(title=f"Medians of {rounds}", columns=["spawned, ms", "forked, ms", "ratio"], rows=rows)
    asked = [row for row in rows if row.name.startswith(GOAL_FOR)]
    goals = [Goal(what=f"cold start, {row.name}", figure=row.figures[2] or 0.0, most=GOAL) for row in asked]
    command = "make bench ARGS='cold_start'" if quick else "make bench ARGS='--long cold_start'"
    keep(Report(bench="cold_start", command=command, tables=[table], goals=goals, machine=Machine.this()))


def telemetries(endpoint: str, *, quick: bool) -> Sequence[Telemetry]:
    without_collector = ("telemetry, no collector", True, "")
    if quick:
        return [without_collector]
    return [("telemetry off", False, ""), without_collector, ("telemetry, to a collector", True, endpoint)]


async def measured_rows(client: HttpClient, telemetries: Sequence[Telemetry], rounds: int) -> AsyncIterator[Row]:
    for layout, (title, instrumented, address) in itertools.product(get_args(Layout), telemetries):
        async with meshes(layout, address, instrumented=instrumented) as hosted:
            for count, together in ((1, "one"), (TOGETHER, f"{TOGETHER} at once")):
                yield shown(f"{layout}, {title}, {together}", await measured(hosted, client, rounds, count))


@asynccontextmanager
async def meshes(layout: Layout, endpoint: str, *, instrumented: bool) -> AsyncIterator[dict[str, Hosting]]:
    """One mesh for each way to start, each with a project and a database of its own."""
    async with AsyncExitStack() as stack:
        hosted = {}
        for way, starting in WAYS.items():
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cold", dir="/tmp")))
            copy = Copy(root, TOGETHER, instrumented=instrumented)
            hosted[way] = await stack.enter_async_context(running(copy, starting, endpoint, layout))
        yield hosted


async def measured(hosted: dict[str, Hosting], client: HttpClient, rounds: int, count: int) -> dict[str, list[float]]:
    """Both ways take turns; the first round, in which Python compiles the staged files, does not count."""
    taken: dict[str, list[float]] = {way: [] for way in hosted}
    for _ in range(rounds + 1):
        for way, functions in hosted.items():
            await nothing_runs(functions)
            began = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for number in range(1, count + 1):
                    tasks.create_task(deliver(functions, client, number), name=f"event {number}")
            taken[way].append((time.perf_counter() - began) * 1000)
    return {way: times[1:] for way, times in taken.items()}


async def deliver(functions: Hosting, client: HttpClient, number: int) -> None:
    async with functions.replica(f"cabs/complete-{number}") as url:
        answer = await client.send(url, complete_ride(), within=WITHIN_SECONDS)
    if answer.status != 200:
        raise SystemExit(f"complete-{number} answered {answer.status}: {answer.body!r}")


async def nothing_runs(functions: Hosting) -> None:
    """Neither of this way nor of the other, whose replicas compute for some time before they have ended."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while any(status.replicas for status in functions.status()) or cpu_time.steps(os.getpid()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # for the kernel, which takes their memory back


def shown(title: str, taken: dict[str, list[float]]) -> Row:
    spread = (f"{min(times):5.0f}/{statistics.median(times):.0f}/{max(times):.0f}" for times in taken.values())
    forked, spawned = statistics.median(taken["forked"]), statistics.median(taken["spawned"])
    print(f"{title:45}", *(f"{text:>18}" for text in spread), f"  {forked / spawned:.3f}", flush=True)
    return Row(title, [spawned, forked, forked / spawned])


@asynccontextmanager
async def collector() -> AsyncIterator[str]:
    """Takes whatever an exporter sends."""

    async def take(request: web.BaseRequest) -> web.Response:
        await request.read()
        return web.Response()

    runner = web.ServerRunner(web.Server(take, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asked = sys.argv[1:] or ["20"]
    quick = asked == ["--quick"]
    uvloop.run(main(QUICK_ROUNDS if quick else int(asked[0]), quick=quick))
