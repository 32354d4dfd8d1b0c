"""Doubles and small things to host: a clock that tests turn, functions as values, a starter without processes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mesh.errors import StartFailed
from mesh.functions.activator import Activator
from mesh.functions.health import Fault
from mesh.functions.replica import Launch
from mesh.functions.slot import Slot
from mesh.manifests.model import Env, Function
from mesh.manifests.problem import Origin
from mesh.manifests.revision import Scale

SCALE = Scale(window=timedelta(seconds=60))


class TurnedClock:
    """Stands still until `turn`; whoever sleeps past the new time wakes up."""

    def __init__(self) -> None:
        self._now = 1_000_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, waking))
        await waking

    @property
    def sleeping(self) -> bool:
        return any(not waking.done() for _, waking in self._sleepers)

    async def turn(self, seconds: float) -> None:
        self._now += seconds
        due = [waking for when, waking in self._sleepers if when <= self._now]
        for waking in due:
            if not waking.done():
                waking.set_result(None)
        await settle()


async def settle() -> None:
    """Let every task run as far as it can without time or I/O."""
    for _ in range(50):
        await asyncio.sleep(0)


def function(name: str = "invoice", directory: Path = Path("/nowhere"), **envs: str) -> Function:
    origin = Origin(f"functions/{name}/func.yaml", 1)
    entries = tuple(Env(key, value, Origin(origin.file, 10 + line)) for line, (key, value) in enumerate(envs.items()))
    return Function("cabs", name, str(directory), "cloudevent", entries, SCALE, {}, origin)


def launch(generation: int = 1, on_line: Callable[[str, bytes], None] = lambda *_: None) -> Launch:
    return Launch("invoice", generation, Path("/nowhere"), "parliament", Path("/nowhere/python"), {}, on_line)


@dataclass(eq=False)
class ReplicaDouble:
    name: str
    url: str
    gone: bool = False
    last_words: str = ""
    stubborn: bool = False  # it does not end at SIGTERM
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0

    @property
    def alive(self) -> bool:
        return not self.gone

    async def ended(self) -> int:
        await self.ending.wait()
        return self.status

    async def stop(self, *, grace_seconds: float) -> bool:
        self.gone = True
        self.ending.set()
        return not self.stubborn

    def kill(self) -> None:
        self.die()

    def die(self, status: int = -9) -> None:
        self.status, self.gone = status, True
        self.ending.set()


class StarterDouble:
    """Starts at once, unless `failure` is set or `held` keeps starts waiting."""

    def __init__(self) -> None:
        self.started: list[ReplicaDouble] = []
        self.failure: str | None = None
        self.attempts = 0
        self.held: asyncio.Event | None = None

    async def start(self, launch: Launch, name: str) -> ReplicaDouble:
        self.attempts += 1
        if self.held is not None:
            await self.held.wait()
        if self.failure is not None:
            raise StartFailed(self.failure)
        replica = ReplicaDouble(name, f"http://replica/{launch.generation}/{len(self.started) + 1}")
        self.started.append(replica)
        return replica

    @property
    def running(self) -> list[ReplicaDouble]:
        return [replica for replica in self.started if not replica.gone]


async def watched(_launch: Launch, slot: Slot) -> Fault:
    """Health that sees no other fault than the end."""
    return Fault(f"ended (status {await slot.replica.ended()})")


@dataclass
class Rig:
    activator: Activator
    starter: StarterDouble
    clock: TurnedClock
    reports: list[str]
    changes: list[tuple[str, str]]


async def used(activator: Activator) -> str:
    async with activator.replica() as url:
        return url
