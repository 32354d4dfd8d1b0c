"""What is wrong with a running replica: it has ended, it does not answer, or it is too large."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mesh.functions.background import background
from mesh.functions.liveness import Liveness
from mesh.functions.memory import Memory
from mesh.functions.replica import Launch
from mesh.functions.slot import Slot


@dataclass(frozen=True, slots=True)
class Fault:
    """`what` goes on from the replica's name; `at_once`: it gets no time to end what is in flight."""

    what: str
    at_once: bool = False


Watch = Callable[[Launch, Slot], Awaitable[Fault]]


class Health:
    """Watches replicas for as long as they run."""

    def __init__(self, liveness: Liveness, memory: Memory, say: Callable[[str], None]) -> None:
        self._liveness = liveness
        self._memory = memory
        self._say = say
        self._limits_hold = sys.platform == "linux"
        self._said = False

    async def fault(self, launch: Launch, slot: Slot) -> Fault:
        """Wait for the first one."""
        first: asyncio.Future[Fault] = asyncio.get_running_loop().create_future()

        async def report(fault: Awaitable[Fault]) -> None:
            found = await fault
            if not first.done():
                first.set_result(found)

        async with background() as tasks:
            for watch in (self._ended, self._lost, self._exceeded):
                tasks.create_task(report(watch(launch, slot)), name=f"{watch.__name__} {slot.replica.name}")
            return await first

    async def _ended(self, _launch: Launch, slot: Slot) -> Fault:
        return Fault(f"ended (status {await slot.replica.ended()}); its requests in flight failed")

    async def _lost(self, launch: Launch, slot: Slot) -> Fault:
        return Fault(await self._liveness.lost(launch, slot))

    async def _exceeded(self, launch: Launch, slot: Slot) -> Fault:
        limit_bytes = launch.memory_bytes or 0
        if not limit_bytes or not self._limits_hold:
            self._say_once(launch)
            await asyncio.Event().wait()  # for nothing: it is cancelled
        return Fault(await self._memory.exceeded(slot.replica.pid, limit_bytes), at_once=True)

    def _say_once(self, launch: Launch) -> None:
        if launch.memory_bytes is not None and not self._said:
            self._said = True
            self._say(f"memory limits, as that of function {launch.function}, hold on Linux only")
