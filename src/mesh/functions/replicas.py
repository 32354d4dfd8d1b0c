"""The replicas of one function: started, watched, retired when a newer generation serves."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions.backoff import Backoff
from mesh.functions.health import Fault, Watch
from mesh.functions.replica import Launch
from mesh.functions.slot import Slot
from mesh.functions.starter import Starter

STABLE_SECONDS = 10.0  # a replica that was there so long, or has answered, does not fail because of how it starts
STOP_GRACE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What replicas need of the mesh. `report` takes a sentence for the operator, `tell` a change for `mesh watch`."""

    starter: Starter
    clock: Clock
    tasks: asyncio.TaskGroup
    report: Callable[[str], None]
    tell: Callable[[str, str], None]
    watch: Watch


class Replicas:
    """`changed` is called when a slot came or went, so that whoever waits can look again."""

    def __init__(self, launch: Launch, around: Surroundings, changed: Callable[[], None]) -> None:
        self._launch = launch
        self._around = around
        self._changed = changed
        self._slots: list[Slot] = []
        self._starting: list[int] = []  # the generation of each start under way
        self._starts: set[asyncio.Task[None]] = set()
        self._count = 0
        self._stopped = False
        self.backoff = Backoff()
        self.failure: StartFailed | None = None
        self.trouble: str | None = None  # why the last one is not there any more, until another one is

    @property
    def serving(self) -> list[Slot]:
        return [slot for slot in self._slots if not slot.retired and slot.replica.alive]

    @property
    def starting(self) -> int:
        return len(self._starting)

    def free(self, limit: int) -> Slot | None:
        """The slot with the fewest requests, among those below `limit` (0: none is full)."""
        open_ones = [slot for slot in self.serving if not limit or slot.in_flight < limit]
        return min(open_ones, key=lambda slot: slot.in_flight, default=None)

    def renew(self, launch: Launch) -> None:
        """Start from `launch` from now on; older replicas serve until the first newer one does."""
        self._launch = launch
        self.backoff, self.failure, self.trouble = Backoff(), None, None

    def scale(self, wanted: int) -> None:
        """Start what is missing of the newest generation, unless backing off; retire what is too many."""
        if self._stopped:
            return
        newest = self._launch.generation
        there = sum(slot.generation == newest for slot in self.serving) + self._starting.count(newest)
        if there < wanted and not self.backoff.left_seconds(self._around.clock.now()):
            for _ in range(wanted - there):
                self._begin()
        for slot in sorted(self.serving, key=lambda slot: slot.in_flight)[: max(0, len(self.serving) - wanted)]:
            self.retire(slot)

    def retire(self, slot: Slot) -> None:
        """Take no more requests; stop once the last one has ended."""
        slot.retired = True
        if not slot.in_flight:
            self._spawn(self._stop(slot, STOP_GRACE_SECONDS), f"stop {slot.replica.name}")

    def release(self, slot: Slot) -> None:
        slot.in_flight -= 1
        if slot.retired and slot.replica.alive:
            self.retire(slot)

    async def stop(self, *, grace_seconds: float) -> None:
        """Stop all at once; what is being started is given up."""
        self._stopped = True
        for start in self._starts:
            start.cancel()
        async with asyncio.TaskGroup() as stopping:
            for slot in self._slots:
                slot.retired = True
                stopping.create_task(self._stop(slot, grace_seconds), name=f"stop {slot.replica.name}")
        await asyncio.gather(*self._starts, return_exceptions=True)

    async def _stop(self, slot: Slot, grace_seconds: float) -> None:
        name = slot.replica.name
        if not await slot.replica.stop(grace_seconds=grace_seconds):
            self._tell(name, f"had not ended {grace_seconds:g} s after SIGTERM and was killed", is_news=True)

    def _begin(self) -> None:
        self._count += 1
        name = f"{self._launch.function}-{self._launch.generation:05d}-{self._count}"
        self._starting.append(self._launch.generation)
        start = self._spawn(self._start(self._launch, name), f"start {name}")
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)

    async def _start(self, launch: Launch, name: str) -> None:
        began = self._around.clock.now()
        try:
            replica = await self._around.starter.start(launch, name)
            self._tell(name, f"ready ({self._around.clock.now() - began:.2f} s)")
            self._add(launch, Slot(replica, launch.generation, self._around.clock.now()))
        except StartFailed as error:
            self._failed(launch, name, error)
        finally:
            self._starting.remove(launch.generation)
        self._changed()

    def _failed(self, launch: Launch, name: str, error: StartFailed) -> None:
        if launch.generation != self._launch.generation:
            return  # a newer one has taken its place
        now = self._around.clock.now()
        self.failure, self.trouble, self.backoff = error, str(error), self.backoff.failed(now)
        what = str(error).partition("\n")[0].removesuffix("; it said:")  # its own words are in its log
        wait = f"{self.backoff.left_seconds(now):g} s"
        self._around.tell("replica", f"{name} did not start: {what}")
        self._around.report(f"{what}; it is started again in {wait} at the earliest, or when a file is saved")

    def _add(self, launch: Launch, slot: Slot) -> None:
        self.failure = self.trouble = None
        self._slots.append(slot)
        self._spawn(self._watch(launch, slot), f"watch {slot.replica.name}")
        newest = max(slot.generation for slot in self._slots)
        for over in [other for other in self.serving if other.generation < newest]:
            self.retire(over)

    async def _watch(self, launch: Launch, slot: Slot) -> None:
        fault = await self._around.watch(launch, slot)
        if slot.retired:
            self._tell(slot.replica.name, "stopped")
        else:
            self._replace(slot, fault)
        await slot.replica.ended()
        self._slots.remove(slot)
        self._changed()

    def _replace(self, slot: Slot, fault: Fault) -> None:
        """Another one is started while this one ends."""
        now = self._around.clock.now()
        worked = slot.answers or now - slot.ready_at >= STABLE_SECONDS
        self.backoff = (Backoff() if worked else self.backoff).failed(now)
        self.trouble = f"replica {slot.replica.name} {fault.what}"
        self._tell(slot.replica.name, fault.what, is_news=True)
        slot.retired = True
        if fault.at_once:
            slot.replica.kill()
        elif slot.replica.alive:
            self._spawn(self._stop(slot, STOP_GRACE_SECONDS), f"stop {slot.replica.name}")
        self._changed()

    def _tell(self, name: str, what: str, *, is_news: bool = False) -> None:
        """Watchers are told of everything, the operator of what goes wrong."""
        self._around.tell("replica", f"{name} {what}")
        if is_news:
            self._around.report(f"replica {name} {what}")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        return self._around.tasks.create_task(work, name=name)
