"""Starts replicas, each on a socket that listens before the process runs: no port to choose, no refused connection."""

import asyncio
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import aiohttp

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions import child, layouts
from mesh.functions.child import Command
from mesh.functions.layouts import Layout
from mesh.functions.replica import Launch, Replica

HOST = "127.0.0.1"
READINESS = "/health/readiness"
READY_SECONDS = 60.0  # func's run.startTimeout
READY_PAUSE_SECONDS = 0.05
BACKLOG = 1024
LAUNCHERS: Mapping[Layout, Path] = {
    "parliament": Path(__file__).with_name("launch_parliament.py"),
    "asgi": Path(__file__).with_name("launch_asgi.py"),
}


class Starter(Protocol):
    """Makes one replica of a function."""

    async def start(self, launch: Launch, name: str) -> Replica:
        """Return a replica that is ready. Raises StartFailed, which ends with its last words."""
        ...


class SpawningStarter:
    """Starts every replica as a new interpreter."""

    def __init__(self, tasks: asyncio.TaskGroup, client: aiohttp.ClientSession, clock: Clock) -> None:
        self._tasks = tasks
        self._client = client
        self._clock = clock

    async def start(self, launch: Launch, name: str) -> Replica:
        # Ours is closed after the spawn: a replica that dies then refuses connections, instead of letting them wait.
        with socket.create_server((HOST, 0), backlog=BACKLOG) as listening:
            replica = await self._spawn(launch, name, listening)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._until_ready(launch, replica)
        except TimeoutError:
            replica.kill()
            raise failed(launch, f"was not ready within {READY_SECONDS:.0f} s", replica) from None
        except BaseException:
            replica.kill()
            raise
        return replica

    async def _spawn(self, launch: Launch, name: str, listening: socket.socket) -> Replica:
        port, descriptor = listening.getsockname()[1], listening.fileno()
        path = f"{launch.python.parent}{os.pathsep}{launch.environment.get('PATH', os.defpath)}"
        environment = {**launch.environment, "PORT": str(port), "PATH": path}
        command = Command(words(launch, descriptor), launch.directory, environment, (descriptor,))
        try:
            process = await child.start(command, self._tasks, lambda line: launch.on_line(name, line))
        except OSError as error:
            raise StartFailed(f"function {launch.function} cannot be started: {error}") from error
        return Replica(name, f"http://{HOST}:{port}", process)

    async def _until_ready(self, launch: Launch, replica: Replica) -> None:
        while not await self._is_ready(replica):
            if replica.gone:
                raise failed(launch, "ended before it was ready", replica)
            await self._clock.sleep(READY_PAUSE_SECONDS)

    async def _is_ready(self, replica: Replica) -> bool:
        """One request is enough: it waits in the socket's backlog until the function serves."""
        try:
            async with self._client.get(replica.url + READINESS) as answer:
                return answer.status == 200  # noqa: PLR2004
        except aiohttp.ClientError:
            return False


def words(launch: Launch, descriptor: int) -> tuple[str, ...]:
    """The layout's own command line, but for the launcher, which takes the socket."""
    # -P: the launcher's own folder is not for the function to import from.
    server = (str(launch.python), "-P", str(LAUNCHERS[launch.layout]), str(launch.directory), str(descriptor))
    return layouts.started(launch.directory, server)


def failed(launch: Launch, what: str, replica: Replica) -> StartFailed:
    return StartFailed(f"function {launch.function} {what}; it said:\n{replica.last_words or '(nothing)'}")
