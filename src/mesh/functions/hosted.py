"""One function as it is hosted: its generations, its activator, its own address."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import aiohttp

from mesh.functions import proxy, settings
from mesh.functions.activator import Activator, Scaled
from mesh.functions.addresses import Addresses, Run
from mesh.functions.logs import Logs
from mesh.functions.preparation import Prepared
from mesh.functions.proxy import Proxy, Visitors
from mesh.functions.replica import Launch
from mesh.functions.replicas import Surroundings


class Hosted:
    """`open` gives it an address; replicas are started when they are needed."""

    def __init__(self, prepared: Prepared, around: Surroundings, shell: Mapping[str, str], logs: Logs) -> None:
        self.prepared = prepared
        self._shell = shell
        self._logs = logs
        self._generation = 1
        self._around = around
        self._activator = Activator(self._launch(), prepared.function.scale, around)
        self._scaling: asyncio.Task[None] | None = None
        self._stack = AsyncExitStack()

    @property
    def scaled(self) -> Scaled:
        return self._activator.scaled

    @property
    def failing(self) -> bool:
        """Whether the last start failed."""
        return self._activator.failing

    def replica(self) -> AbstractAsyncContextManager[str]:
        return self._activator.replica()

    async def open(self, addresses: Addresses, client: aiohttp.ClientSession, visitors: Visitors) -> None:
        """Listen on the function's own port, and scale from now on."""
        function = self.prepared.function
        listening = addresses.listening(function.key)
        self._stack.callback(addresses.close, function.key)
        await self._stack.enter_async_context(proxy.serving(Proxy(function.name, self, client, visitors), listening))
        self._stack.enter_context(Run(Path(function.directory), listening.getsockname()[1]))
        self._scaling = self._around.tasks.create_task(self._activator.run(), name=f"scale {function.key}")

    def renew(self, prepared: Prepared) -> None:
        """Replace the replicas, without losing a request."""
        self.prepared = prepared
        self._generation += 1
        self._activator.renew(self._launch(), prepared.function.scale)

    async def close(self, *, grace_seconds: float) -> None:
        if self._scaling is not None:
            self._scaling.cancel()
        await self._activator.stop(grace_seconds=grace_seconds)
        await self._stack.aclose()

    def _launch(self) -> Launch:
        prepared, name = self.prepared, self.prepared.function.name
        environment = settings.environment(prepared.function, self._shell, prepared.values, self._generation)
        launch = Launch(
            name, self._generation, prepared.staged.directory, prepared.staged.layout, prepared.python, environment,
            lambda replica, line: self._logs.write(name, replica, line),
            prepared.function.probes, prepared.function.memory_bytes,
        )  # fmt: skip
        self._around.starter.expect(launch)
        return launch
