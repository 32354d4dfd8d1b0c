"""Lends a function's replicas to its requests, and scales them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from mesh.errors import StartFailed
from mesh.functions import autoscaler
from mesh.functions.autoscaler import Decision, Load, Mode, State
from mesh.functions.held import Held
from mesh.functions.meter import Meter
from mesh.functions.replica import Launch
from mesh.functions.replicas import Replicas, Surroundings
from mesh.functions.slot import Slot
from mesh.manifests.revision import Scale


@dataclass(frozen=True, slots=True)
class Scaled:
    """How many replicas are `ready`, wanted and starting, and the requests that wait for one or have one."""

    ready: int
    wanted: int
    starting: int
    held: int
    in_flight: int
    mode: Mode
    failure: str | None


class Activator:
    """One function. `run` scales it; `replica` lends one of its replicas."""

    def __init__(self, launch: Launch, scale: Scale, around: Surroundings) -> None:
        self._name = launch.function
        self._scale = scale
        self._around = around
        self._replicas = Replicas(launch, around, self._changed)
        self._held = Held(self._name, self._give_back)
        self._meter = Meter(around.clock)
        self._look_now = asyncio.Event()
        self._state = State()
        self._decision = Decision()

    @property
    def scaled(self) -> Scaled:
        replicas, held = self._replicas, len(self._held)
        return Scaled(
            ready=len(replicas.serving),
            wanted=self._decision.replicas,
            starting=replicas.starting,
            held=held,
            in_flight=self._meter.in_flight - held,
            mode=self._decision.mode,
            failure=replicas.trouble,
        )

    @property
    def failing(self) -> bool:
        """Whether the last start failed."""
        return self._replicas.failure is not None

    @contextlib.asynccontextmanager
    async def replica(self) -> AsyncIterator[str]:
        """Hold a slot and yield its replica's URL. Raises StartFailed when none starts, or none is free in time."""
        with self._meter.request():
            slot = await self._slot()
            try:
                yield slot.replica.url
                slot.answers += 1
            finally:
                self._give_back(slot)

    def renew(self, launch: Launch, scale: Scale) -> None:
        """Replace what runs: the new replica first, then the old ones end as their requests do."""
        self._scale = scale
        self._replicas.renew(launch)
        self._changed()

    async def run(self) -> None:
        """Scale until cancelled."""
        while True:
            self._state, decision = autoscaler.decide(self._state, self._load(), self._scale)
            if decision.replicas != self._decision.replicas:
                change = f"{self._decision.replicas} → {decision.replicas}"
                self._around.tell("function", f"{self._name} scales {change} ({decision.why})")
            self._decision = decision
            self._replicas.scale(decision.replicas)
            await self._until_change(decision.look_again_seconds)

    async def stop(self, *, grace_seconds: float) -> None:
        self._held.refuse(StartFailed(f"function {self._name} is stopping"))
        await self._replicas.stop(grace_seconds=grace_seconds)

    async def _slot(self) -> Slot:
        if self._decision.look_again_seconds is None:  # load begins, and nobody looks
            self._look_now.set()
        if slot := self._take():  # there is none while others wait: each that is free is handed out at once
            return slot
        self._refuse_early()
        self._look_now.set()
        return await self._held.slot()

    def _take(self) -> Slot | None:
        slot = self._replicas.free(self._scale.concurrency)
        if slot is not None:
            slot.in_flight += 1
        return slot

    def _give_back(self, slot: Slot) -> None:
        self._replicas.release(slot)
        self._held.hand_out(self._take)

    def _refuse_early(self) -> None:
        """While starts fail, say so at once: the caller's own retries decide when to come again."""
        failure = self._replicas.failure
        waits = self._replicas.backoff.left_seconds(self._around.clock.now())
        if failure and waits and not self._replicas.serving:
            raise StartFailed(str(failure))

    def _changed(self) -> None:
        self._held.hand_out(self._take)
        if self._replicas.failure and not self._replicas.serving:
            self._held.refuse(self._replicas.failure)
        self._look_now.set()

    def _load(self) -> Load:
        meter = self._meter
        return Load(meter.read(), meter.in_flight, len(self._held), len(self._replicas.serving), meter.idle_seconds)

    async def _until_change(self, seconds: float | None) -> None:
        waits = [wait for wait in (seconds, self._replicas.backoff.left_seconds(self._around.clock.now())) if wait]
        async with asyncio.TaskGroup() as tasks:
            timer = tasks.create_task(self._look_after(min(waits)), name=f"timer of {self._name}") if waits else None
            await self._look_now.wait()
            if timer:
                timer.cancel()
        self._look_now.clear()

    async def _look_after(self, seconds: float) -> None:
        await self._around.clock.sleep(seconds)
        self._look_now.set()
