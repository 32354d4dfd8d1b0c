"""The inner loop: from saving a file to the answers of its new code, from every function that it concerns.

`python bench/inner_loop.py [ROUNDS]`. A cold start with the function's own command, in the same run, is what it is
compared with.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import uvloop
from cold_start import deliver, nothing_runs
from several import Copy, own_command, running

from mesh.broker.client import HttpClient
from mesh.functions.hosting import Hosting
from mesh.functions.warm.starter import warm_starter

FUNCTIONS = 7
WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.01
STAYS = timedelta(minutes=5)
SAVED = (
    ("a step's own file", "functions/complete-1/func.py", 1),
    ("a file of cabs", "src/cabs/fares.py", FUNCTIONS),
    ("a file of step", "src/step/reply.py", FUNCTIONS),
)


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="inner", dir="/tmp") as folder:
        root = Path(folder)
        async with HttpClient() as client:
            for name in ("spawned", "saved"):
                (root / name).mkdir()
            spawned = await cold(Copy(root / "spawned", 1, instrumented=True), client, rounds)
            print(f"cold start with the function's own command, ms, min/median/max of {rounds}: {spread(spawned)}")
            await saves(Copy(root / "saved", FUNCTIONS, instrumented=True, idle=STAYS), client, rounds, spawned)


async def cold(copy: Copy, client: HttpClient, rounds: int) -> list[float]:
    taken = []
    async with running(copy, own_command, "", "parliament") as functions:
        for _ in range(rounds):
            await nothing_runs(functions)
            began = time.perf_counter()
            await deliver(functions, client, 1)
            taken.append((time.perf_counter() - began) * 1000)
    return taken


async def saves(copy: Copy, client: HttpClient, rounds: int, spawned: Sequence[float]) -> None:
    async with running(copy, warm_starter, "", "parliament") as functions:
        watching = asyncio.create_task(functions.watch(nothing), name="watch")
        for title, name, concerned in SAVED:
            file = copy.root / name
            text = file.read_text()
            texts = [f"{text}# saved {number} times\n" for number in range(1, rounds + 1)]
            taken = [await saved(partial(file.write_text, text), functions, client, concerned) for text in texts]
            ratio = statistics.median(taken) / statistics.median(spawned)
            print(f"{title}, {concerned} of {FUNCTIONS} functions: {spread(taken)}  {ratio:.2f} of it", flush=True)
        watching.cancel()


async def saved(save: Callable[[], object], functions: Hosting, client: HttpClient, concerned: int) -> float:
    """Milliseconds until each of them has answered an event with a newer replica than before."""
    for number in range(1, FUNCTIONS + 1):
        await deliver(functions, client, number)
    await asyncio.sleep(1)  # for spares, and for replicas that end
    before = {number: await at(functions, number) for number in range(1, concerned + 1)}
    began = time.perf_counter()
    save()
    async with asyncio.timeout(WITHIN_SECONDS), asyncio.TaskGroup() as tasks:
        for number, url in before.items():
            tasks.create_task(newer(functions, client, number, url), name=f"newer {number}")
    return (time.perf_counter() - began) * 1000


async def newer(functions: Hosting, client: HttpClient, number: int, url: str) -> None:
    while await at(functions, number) == url:  # noqa: ASYNC110 - other processes change it
        await asyncio.sleep(PAUSE_SECONDS)
    await deliver(functions, client, number)


async def at(functions: Hosting, number: int) -> str:
    async with functions.replica(f"cabs/complete-{number}") as url:
        return url


async def nothing() -> None:
    """No manifest is saved here."""


def spread(times: Sequence[float]) -> str:
    return f"{min(times):.0f}/{statistics.median(times):.0f}/{max(times):.0f}"


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if sys.argv[1:] else 5))
