"""All functions of a project, hosted: prepared, reachable, replaced when their files change, taken down at the end."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp

from mesh.addresses import Resolver
from mesh.clients import Clients
from mesh.clock import Clock
from mesh.control.shapes import FunctionStatus, LogLine
from mesh.errors import MeshError, NotFound
from mesh.functions import layouts, watching
from mesh.functions.addresses import Addresses
from mesh.functions.background import background
from mesh.functions.databases import Databases
from mesh.functions.health import Health
from mesh.functions.hosted import Hosted
from mesh.functions.liveness import Liveness
from mesh.functions.local_values import LocalValues
from mesh.functions.logs import Logs
from mesh.functions.memory import Memory
from mesh.functions.preparation import Preparation, Prepared
from mesh.functions.proxy import MAX_CONNECTIONS, Visitors
from mesh.functions.readiness import Readiness
from mesh.functions.replicas import Surroundings
from mesh.functions.settings import Sources
from mesh.functions.starting import Starting, best
from mesh.functions.terminal import Terminal
from mesh.manifests.model import Function, Project
from mesh.options import UpOptions
from mesh.process import open_files

HOST = "127.0.0.1"


@asynccontextmanager
async def hosting(
    project: Project,
    options: UpOptions,
    ingress_url: str,
    clock: Clock,
    *,
    tell: Callable[[str, str], None] = lambda *_: None,
    terminal: Terminal | None = None,
    starting: Starting = best,
) -> AsyncIterator["Hosting"]:
    """Host the project's functions while the block runs; `starting` makes what starts their replicas.

    `tell` hears of each change: what changed, and how.

    Raises StartFailed when something is missing or does not start, UsageError for files that cannot be staged.
    """
    shown = terminal or Terminal(sys.stderr)
    async with (
        proxying_client() as client,
        background() as tasks,
        starting(tasks, Readiness(client, clock), shown.say) as starter,
    ):
        health = Health(Liveness(client, clock), Memory(tasks, clock), shown.say)
        around = Surroundings(starter, clock, tasks, shown.say, tell, health.fault)
        functions = Hosting(options, ingress_url, around, client, Logs(clock, shown.line))
        try:
            await functions.apply(project)
            yield functions
        finally:
            await functions.close()


class Hosting:
    """Implements mesh.functions.port.Functions."""

    def __init__(
        self, options: UpOptions, ingress_url: str, around: Surroundings, client: aiohttp.ClientSession, logs: Logs
    ) -> None:
        self.grace_seconds = options.grace_seconds  # for a replica to end; what is left of it, once the mesh stops
        self._options = options
        self._around = around
        self._client = client
        self._logs = logs
        self._shell: Mapping[str, str] = dict(os.environ)
        self._project = Project(str(options.root))
        self._hosted: dict[str, Hosted] = {}
        self._addresses = Addresses(options.state, HOST)
        self._visitors: Visitors = Clients(min(MAX_CONNECTIONS, open_files() // 8))  # each costs two files
        self._applying = asyncio.Lock()
        report, clock = around.report, around.clock
        self._databases = Databases(options.state, clock, around.tasks, report, external=options.migrate)
        url = Resolver(self, ingress_url).url
        self._preparation = Preparation(options.root, layouts.named(options.layout), clock, report, url)

    def url(self, key: str) -> str:
        if key not in self._hosted and all(function.key != key for function in self._project.functions):
            raise self._unknown(key)
        return self._addresses.url(key)

    def replica(self, key: str) -> AbstractAsyncContextManager[str]:
        if key not in self._hosted:
            raise self._unknown(key)
        return self._hosted[key].replica()

    def status(self) -> Sequence[FunctionStatus]:
        return [self._status(key, hosted) for key, hosted in sorted(self._hosted.items())]

    def logs(self, name: str, *, follow: bool) -> AsyncIterator[LogLine]:
        if not any(name in {key, key.partition("/")[2]} for key in self._hosted):
            raise self._unknown(name)
        return self._logs.read(name.rpartition("/")[2], follow=follow)

    async def apply(self, project: Project) -> None:
        """Host what the project has now; what did not change keeps its replicas.

        Raises StartFailed or UsageError, and then what was hosted before stays.
        """
        async with self._applying:
            before, self._project = self._project, project
            try:
                prepared = await self._prepare(project.functions, project)
            except MeshError:
                self._project = before
                raise
            for key in self._hosted.keys() - {function.key for function in project.functions}:
                await self._hosted.pop(key).close(grace_seconds=self.grace_seconds)
            for one in prepared:
                await self._host(one)

    async def replace(self, keys: Collection[str]) -> None:
        """Stage these functions again, and replace their replicas where that changed something. Raises as `apply`.

        One whose directory is gone stays as it is, until a reload that holds leaves it out.
        """
        async with self._applying:
            functions = [
                function for function in self._project.functions if function.key in keys and is_there(function)
            ]
            prepared = await self._prepare(functions, self._project)
            if names := [one.function.name for one in prepared if self._is_news(one)]:
                self._around.report(f"saved: {', '.join(names)}; new replicas take over as soon as they are ready")
            for one in prepared:
                await self._host(one)

    async def watch(self, reload: Callable[[], Awaitable[None]]) -> None:
        """Follow saved files until cancelled; `reload` is called when a manifest or a func.yaml was one of them."""
        async for saved in watching.saves(self._options.root, lambda: self._project.functions):
            for mistake in saved.mistakes:
                self._around.report(mistake)
            try:
                if saved.manifests:
                    await reload()
                if saved.functions:
                    await self.replace(saved.functions)
            except MeshError as error:
                self._around.report(f"{error}\nwhat ran before stays")

    async def close(self) -> None:
        """Stop every replica, then the database that they use."""
        await asyncio.gather(*(hosted.close(grace_seconds=self.grace_seconds) for hosted in self._hosted.values()))
        await self._databases.stop()

    async def _prepare(self, functions: Sequence[Function], project: Project) -> list[Prepared]:
        found = Sources(self._shell, LocalValues.read(self._options.root))
        sources = await self._databases.provide(functions, found)
        staged = await self._preparation.stage(functions)
        prepared = [
            await self._preparation.finish(function, one, sources, project.sink_bindings)
            for function, one in zip(functions, staged, strict=True)
        ]
        await self._databases.make_tables([one for one in prepared if self._is_news(one)], sources)
        return prepared

    async def _host(self, prepared: Prepared) -> None:
        hosted = self._hosted.get(prepared.function.key)
        if hosted is None:
            hosted = self._hosted[prepared.function.key] = Hosted(prepared, self._around, self._shell, self._logs)
            await hosted.open(self._addresses, self._client, self._visitors)
        elif self._is_news(prepared) or hosted.failing:
            hosted.renew(prepared)

    def _is_news(self, prepared: Prepared) -> bool:
        hosted = self._hosted.get(prepared.function.key)
        return hosted is None or prepared.staged.changed or prepared != hosted.prepared

    def _status(self, key: str, hosted: Hosted) -> FunctionStatus:
        namespace, name = key.split("/")
        scaled = hosted.scaled
        return FunctionStatus(
            namespace=namespace,
            name=name,
            url=self._addresses.url(key),
            replicas=scaled.ready,
            wanted=scaled.wanted,
            starting=scaled.starting,
            held=scaled.held,
            in_flight=scaled.in_flight,
            mode=scaled.mode,
            failure=scaled.failure,
        )

    def _unknown(self, name: str) -> NotFound:
        return NotFound(f"there is no function {name}; there are: {', '.join(sorted(self._hosted)) or 'none'}")


def is_there(function: Function) -> bool:
    return Path(function.directory).is_dir()


def proxying_client() -> aiohttp.ClientSession:
    """Adds nothing to what it passes on, keeps nothing, and has no bound of its own."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
