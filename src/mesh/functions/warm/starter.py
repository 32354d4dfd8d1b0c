"""Starts replicas as forks of a warm parent, one for each runtime; what cannot be forked is spawned."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from mesh.errors import StartFailed
from mesh.functions.readiness import Readiness
from mesh.functions.replica import Launch, Replica
from mesh.functions.starter import SpawningStarter, address, listening_socket
from mesh.functions.warm import parent as warm_parent
from mesh.functions.warm import runtime
from mesh.functions.warm.order import Order
from mesh.functions.warm.parent import WarmParent
from mesh.functions.warm.runtime import Plan, Runtime


@contextlib.asynccontextmanager
async def warm_starter(
    tasks: asyncio.TaskGroup, ready: Readiness, say: Callable[[str], None]
) -> AsyncIterator["WarmStarter"]:
    """Its parents end with the block."""
    starter = WarmStarter(tasks, ready, say)
    try:
        yield starter
    finally:
        await starter.close()


class WarmStarter:
    """Implements mesh.functions.starter.Starter."""

    def __init__(self, tasks: asyncio.TaskGroup, ready: Readiness, say: Callable[[str], None]) -> None:
        self._tasks = tasks
        self._ready = ready
        self._say = say
        self._count = 0
        self._spawning = SpawningStarter(tasks, ready)
        self._plans: dict[Path, tuple[Launch, asyncio.Task[Plan | None]]] = {}
        self._parents: dict[Runtime, asyncio.Task[WarmParent | None]] = {}

    def expect(self, launch: Launch) -> None:
        self._tasks.create_task(self._warm(launch), name=f"warm parent for {launch.function}")

    async def start(self, launch: Launch, name: str) -> Replica:
        plan = await self._plan(launch)
        parent = await self._parent(plan.runtime) if plan else None
        replica = await self._forked(plan, parent, name) if plan and parent else None
        if replica is None:
            return await self._spawning.start(launch, name)
        return await self._ready.gate(launch, replica)

    async def close(self) -> None:
        for making in self._parents.values():
            making.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                if parent := await making:
                    await parent.close()

    async def _warm(self, launch: Launch) -> None:
        plan = await self._plan(launch)
        if plan and (parent := await self._parent(plan.runtime)):
            parent.announce(launch.directory)

    async def _plan(self, launch: Launch) -> Plan | None:
        """Made once for each generation of a function."""
        known, making = self._plans.get(launch.directory, (None, None))
        if making is None or known is not launch:
            making = self._tasks.create_task(runtime.plan(launch), name=f"variables of {launch.function}")
            self._plans[launch.directory] = launch, making
        return await asyncio.shield(making)

    async def _parent(self, needed: Runtime) -> WarmParent | None:
        """One that died is replaced; one that never came up is not tried again."""
        making = self._parents.get(needed)
        if making is None or (making.done() and (there := making.result()) and not there.alive):
            making = self._tasks.create_task(self._made(needed), name=f"warm parent of {needed.python}")
            self._parents[needed] = making
        return await asyncio.shield(making)

    async def _made(self, needed: Runtime) -> WarmParent | None:
        try:
            return await warm_parent.start(needed, self._tasks)
        except StartFailed as error:
            self._say(
                f"replicas are spawned, which is slower: the warm parent of {needed.python} did not come up; {error}"
            )
            return None

    async def _forked(self, plan: Plan, parent: WarmParent, name: str) -> Replica | None:
        with listening_socket() as listening:
            url, port = address(listening)
            self._count += 1
            order = Order(self._count, str(plan.launch.directory), {**plan.environment, "PORT": str(port)})
            try:
                process = await parent.fork(order, listening, lambda line: plan.launch.on_line(name, line))
            except (OSError, StartFailed) as error:
                self._say(f"replica {name} is spawned, since it could not be forked: {error}")
                return None
        return Replica(name, url, process)
