"""Many events into one function with `scale.max: 4` and a handler of 20 ms, as a time line.

`python bench/scaling.py [--events 10000] [--kill] [--seed N]`. With --kill, replicas are killed at random while events
are delivered. In the end every event has had its effect, and once, by the function's own table; else it exits with 1.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tallied import Tallied, copied, running

SENDERS = 20
PAUSES_SECONDS = (0.5, 2.0)  # between two kills
ENDS_WITHIN_SECONDS = 600.0
COLUMNS = ("replicas", "wanted", "in_flight", "held", "pending", "delivered", "failed", "mode")


async def main(events: int, seed: int | None) -> int:
    with tempfile.TemporaryDirectory(prefix="scaling", dir="/tmp") as directory:
        async with running(copied(Path(directory) / "project")) as mesh, asyncio.timeout(ENDS_WITHIN_SECONDS):
            print(f"{'s':>5}", *(f"{name:>9}" for name in COLUMNS), flush=True)
            async with asyncio.TaskGroup() as tasks:
                line = tasks.create_task(time_line(mesh), name="time line")
                killing = tasks.create_task(kill(mesh, random.Random(seed)), name="kill") if seed is not None else None
                await delivered(mesh, events)
                killed = await ended(killing) if killing else 0
                right = await checked(mesh, events, killed)
                peak = await line
    return 0 if right and peak == 4 else 1


async def delivered(mesh: Tallied, events: int) -> None:
    """Send all, and wait until nothing of them is left."""
    numbers = iter(range(events))

    async def send() -> None:
        for number in numbers:
            await mesh.send(number)

    async with asyncio.TaskGroup() as tasks:
        for sender in range(SENDERS):
            tasks.create_task(send(), name=f"sender {sender}")
    while not await mesh.drained():  # noqa: ASYNC110 - the mesh is another process
        await asyncio.sleep(0.2)


async def kill(mesh: Tallied, chance: random.Random) -> int:
    """Kill -9 one of the replicas that have counted of late, again and again; answers how many, once cancelled."""
    killed = 0
    try:
        while True:
            await asyncio.sleep(chance.uniform(*PAUSES_SECONDS))
            replicas = sorted(pid for pid in (await mesh.counted())["replicas"] if is_replica(pid))
            if replicas:
                os.kill(chance.choice(replicas), signal.SIGKILL)
                killed += 1
    except asyncio.CancelledError:
        return killed


async def ended(killing: "asyncio.Task[int]") -> int:
    killing.cancel()
    return await killing


def is_replica(pid: int) -> bool:
    """No other process may have the number by now."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return "program.py" in words or "launch_parliament.py" in words


async def checked(mesh: Tallied, events: int, killed: int) -> bool:
    counted, (_, trigger) = await mesh.counted(), await mesh.status()
    effects, once = counted["effects"], counted["events"]
    sent = f"{events} events sent, {killed} replicas killed"
    print(f"{sent}: {once} events have {effects} effects, {trigger['dead']} are dead letters", flush=True)
    return bool(effects == once == events and not trigger["dead"])


async def time_line(mesh: Tallied) -> int:
    """A line a second until there was a replica and there is none any more; answers how many there were at most."""
    began = time.monotonic()
    most = 0
    while True:
        function, trigger = await mesh.status()
        row = trigger | function
        in_hand = trigger["pending"] or trigger["in_flight"]
        print(f"{time.monotonic() - began:5.1f}", *(f"{row[name]:>9}" for name in COLUMNS), flush=True)
        most = max(most, int(function["replicas"]))
        if most and not in_hand and not function["replicas"] and not function["wanted"]:
            return most
        await asyncio.sleep(1)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kill", action="store_true", help="kill -9 replicas at random")
    parser.add_argument("--seed", type=int, help="of the kills; printed, so that a run can be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    wanted = asked()
    seed = (random.randrange(2**32) if wanted.seed is None else wanted.seed) if wanted.kill else None
    print(f"{wanted.events} events" + (f", kills by seed {seed}" if wanted.kill else ""), flush=True)
    sys.exit(asyncio.run(main(wanted.events, seed)))
