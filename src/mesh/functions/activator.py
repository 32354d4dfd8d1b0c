"""Holds a function's requests while it has no free replica, and hands its replicas out."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions import autoscaler
from mesh.functions.autoscaler import Load
from mesh.functions.replica import Launch
from mesh.functions.replicas import Replicas, Slot, Surroundings
from mesh.manifests.model import Scale

HELD_AT_MOST = 10_000  # requests
HELD_SECONDS = 120.0


class Activator:
    """One function. `run` scales it; `replica` lends one of its replicas."""

    def __init__(self, launch: Launch, scale: Scale, around: Surroundings) -> None:
        self._name = launch.function
        self._scale = scale
        self._clock: Clock = around.clock
        self._replicas = Replicas(launch, around, self._look)
        self._held: deque[asyncio.Future[Slot]] = deque()
        self._look_now = asyncio.Event()
        self._last_used = around.clock.now()

    @property
    def ready(self) -> int:
        """How many replicas take requests."""
        return len(self._replicas.serving)

    @property
    def failing(self) -> bool:
        """Whether the last start failed."""
        return self._replicas.failure is not None

    @contextlib.asynccontextmanager
    async def replica(self) -> AsyncIterator[str]:
        """Hold a slot and yield its replica's URL. Raises StartFailed when none starts, or none is free in time."""
        slot = self._take() or await self._hold()
        try:
            yield slot.replica.url
        finally:
            self._give_back(slot)

    def renew(self, launch: Launch, scale: Scale) -> None:
        """Replace what runs: the new replica first, then the old ones end as their requests do."""
        self._scale = scale
        self._replicas.renew(launch)
        self._look_now.set()

    async def run(self) -> None:
        """Scale until cancelled."""
        while True:
            decision = autoscaler.decide(self._load(), self._scale)
            self._replicas.scale(decision.replicas)
            await self._until_change(decision.look_again_seconds)

    async def stop(self, *, grace_seconds: float) -> None:
        self._refuse(StartFailed(f"function {self._name} is stopping"))
        await self._replicas.stop(grace_seconds=grace_seconds)

    def _take(self) -> Slot | None:
        slot = self._replicas.free(self._scale.concurrency)
        if slot is not None:
            slot.in_flight += 1
            if slot.in_flight > autoscaler.per_replica(self._scale):
                self._look_now.set()
        return slot

    def _give_back(self, slot: Slot) -> None:
        self._last_used = self._clock.now()
        self._replicas.release(slot)
        self._hand_out()

    async def _hold(self) -> Slot:
        self._refuse_early()
        held: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._held.append(held)
        self._look_now.set()
        try:
            async with asyncio.timeout(HELD_SECONDS):
                return await held
        except TimeoutError:
            self._abandon(held)
            raise StartFailed(f"no replica of function {self._name} was free within {HELD_SECONDS:.0f} s") from None
        except asyncio.CancelledError:
            self._abandon(held)
            raise

    def _refuse_early(self) -> None:
        """While starts fail, say so at once: the caller's own retries decide when to come again."""
        failure = self._replicas.failure
        if failure and not self.ready and self._replicas.backoff.left_seconds(self._clock.now()):
            raise StartFailed(str(failure))
        if len(self._held) >= HELD_AT_MOST:
            raise StartFailed(f"{HELD_AT_MOST} requests wait for a replica of function {self._name} already")

    def _abandon(self, held: asyncio.Future[Slot]) -> None:
        """The slot may have come in the moment in which the caller went."""
        if held.done() and not held.cancelled() and held.exception() is None:
            self._give_back(held.result())
        elif held in self._held:
            self._held.remove(held)

    def _look(self) -> None:
        self._last_used = self._clock.now()
        self._hand_out()
        if self._held and self._replicas.failure and not self.ready:
            self._refuse(self._replicas.failure)
        self._look_now.set()

    def _hand_out(self) -> None:
        while self._held:
            if self._held[0].done():  # its caller was cancelled, and has not run since
                self._held.popleft()
            elif slot := self._take():
                self._held.popleft().set_result(slot)
            else:
                return

    def _refuse(self, error: StartFailed) -> None:
        for held in self._held:
            if not held.done():
                held.set_exception(StartFailed(str(error)))
        self._held.clear()

    def _load(self) -> Load:
        serving = self._replicas.serving
        in_flight = sum(slot.in_flight for slot in serving) + len(self._held)
        return Load(in_flight, self._clock.now() - self._last_used, len(serving))

    async def _until_change(self, seconds: float | None) -> None:
        waits = [wait for wait in (seconds, self._replicas.backoff.left_seconds(self._clock.now())) if wait]
        async with asyncio.TaskGroup() as tasks:
            timer = tasks.create_task(self._look_after(min(waits)), name=f"timer of {self._name}") if waits else None
            await self._look_now.wait()
            if timer:
                timer.cancel()
        self._look_now.clear()

    async def _look_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._look_now.set()
