"""Runs the dev-service Postgres: ready after its first session, started again when it dies, stopped at the end."""

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from mesh import tether
from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions import child
from mesh.functions.child import Child
from mesh.functions.postgres import account, binaries, probe
from mesh.functions.postgres.cluster import DATABASE, USER, Cluster, remedy

LONGEST_SOCKET_PATH = 103  # bytes; sockaddr_un holds 104 on macOS, 108 on Linux
LOG = "postgres.log"  # of this run of the mesh
SOCKET = ".s.PGSQL.5432"
READY_SECONDS = 60.0  # crash recovery included
PROBE_SECONDS = 5.0
PROBE_PAUSE_SECONDS = 0.01
STOP_SECONDS = 10.0
ATTEMPTS = 5
CONNECTIONS = 300  # a pool of four for each of many replicas

Report = Callable[[str], None]


class Postgres:
    """One server on a unix socket; `url` is valid from `start` on and stays the same when it is started again."""

    def __init__(self, directory: Path, clock: Clock, tasks: asyncio.TaskGroup, report: Report) -> None:
        self._directory = directory.resolve()
        self._log = self._directory / LOG
        self._clock = clock
        self._tasks = tasks
        self._report = report
        self._cluster: Cluster | None = None
        self._temporary: Path | None = None  # the only directory that `stop` removes: it was made here, by mkdtemp
        self._server: Child | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where functions connect. Raises StartFailed before `start`."""
        if self._cluster is None:
            raise StartFailed("the dev Postgres was not started")
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._cluster.sockets))}"

    async def start(self) -> None:
        """Return when it takes sessions. Raises StartFailed."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)
        self._log.touch(mode=0o600)  # statements that fail are in it, with their data
        programs = binaries.find()
        paths = (self._directory / "data", programs / "postgres", Path(tether.__file__), Path(sys.executable))
        used = account.choose(paths)
        cluster = Cluster(self._directory, programs, used, self._socket_directory())
        await cluster.prepare(self._clock)
        used.give(cluster.sockets)
        await self._launch(cluster)
        self._cluster = cluster
        self._supervisor = self._tasks.create_task(self._supervise(cluster), name="dev Postgres")

    async def stop(self) -> None:
        """End it with a fast shutdown, so that the next start needs no recovery."""
        if self._supervisor is not None:
            self._supervisor.cancel()
        if self._server is not None:
            await self._server.stop(signal.SIGINT, grace_seconds=STOP_SECONDS)
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    async def _supervise(self, cluster: Cluster) -> None:
        while self._server is not None:
            status = await asyncio.shield(self._server.ended)
            self._report(f"the dev Postgres ended (status {status}); starting it again")
            await self._restart(cluster)
            self._report("the dev Postgres is back")

    async def _restart(self, cluster: Cluster) -> None:
        pause_seconds = 0.1
        while True:
            try:
                return await self._launch(cluster)
            except StartFailed as error:
                self._report(f"{error}\nthe next start is in {pause_seconds:g} s")
                await self._clock.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, 30.0)

    async def _launch(self, cluster: Cluster) -> None:
        """Start it; again when it refuses at once, because the processes of one that was killed need a moment to go."""
        for attempt in range(ATTEMPTS - 1):
            with contextlib.suppress(StartFailed):
                return await self._launch_once(cluster)
            await self._clock.sleep(0.1 * 2**attempt)
        return await self._launch_once(cluster)

    async def _launch_once(self, cluster: Cluster) -> None:
        words = ("-D", str(cluster.data), "-k", str(cluster.sockets), "-c", "listen_addresses=")
        command = cluster.command("postgres", *words, "-c", f"max_connections={CONNECTIONS}")
        self._server = await child.start(command, self._tasks, self._keep)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._until_ready(self._server, cluster.sockets / SOCKET)
        except TimeoutError:
            self._server.kill()
            raise self._failed(f"took no session within {READY_SECONDS:.0f} s", self._server) from None

    async def _until_ready(self, server: Child, socket: Path) -> None:
        while not server.ended.done():
            with contextlib.suppress(probe.NotReady):
                return await probe.session(socket, USER, DATABASE, within_seconds=PROBE_SECONDS)
            await self._clock.sleep(PROBE_PAUSE_SECONDS)
        raise self._failed("did not start", server)

    def _failed(self, what: str, server: Child) -> StartFailed:
        return StartFailed(
            f"the dev Postgres {what}: {remedy(self._directory)}; {self._log} has all of its output, which ends with:\n"
            f"{server.last_words or '(nothing)'}"
        )

    def _keep(self, line: bytes) -> None:
        """A full disk, which Postgres reports too, must not end the mesh."""
        with contextlib.suppress(OSError), self._log.open("ab") as file:
            file.write(line + b"\n")

    def _socket_directory(self) -> Path:
        """Where the socket is: in the state when the path is short enough for one, else in a temporary directory."""
        beside = self._directory / "s"
        if len(bytes(beside / SOCKET)) <= LONGEST_SOCKET_PATH:
            beside.mkdir(mode=0o700, exist_ok=True)
            return beside
        self._temporary = Path(tempfile.mkdtemp(prefix="mesh-"))
        return self._temporary
