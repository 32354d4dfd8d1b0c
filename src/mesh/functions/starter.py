"""Starts replicas, each on a socket that listens before the process runs: no port to choose, no refused connection."""

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from mesh.errors import StartFailed
from mesh.functions import child, layouts
from mesh.functions.child import Command
from mesh.functions.layouts import Layout
from mesh.functions.readiness import Readiness
from mesh.functions.replica import Launch, Replica

HOST = "127.0.0.1"
BACKLOG = 1024
LAUNCHERS: Mapping[Layout, Path] = {
    "parliament": Path(__file__).with_name("launch_parliament.py"),
    "asgi": Path(__file__).with_name("launch_asgi.py"),
}


class Starter(Protocol):
    """Makes one replica of a function."""

    def expect(self, launch: Launch) -> None:
        """Replicas of it will be wanted: what makes their start quicker can be done now."""
        ...

    async def start(self, launch: Launch, name: str) -> Replica:
        """Return a replica that is ready. Raises StartFailed, which ends with its last words."""
        ...


class SpawningStarter:
    """Starts every replica as a new interpreter."""

    def __init__(self, tasks: asyncio.TaskGroup, ready: Readiness) -> None:
        self._tasks = tasks
        self._ready = ready

    def expect(self, launch: Launch) -> None:
        pass

    async def start(self, launch: Launch, name: str) -> Replica:
        # Ours is closed after the spawn: a replica that dies then refuses connections, instead of letting them wait.
        with listening_socket() as listening:
            replica = await self._spawn(launch, name, listening)
        return await self._ready.gate(launch, replica)

    async def _spawn(self, launch: Launch, name: str, listening: socket.socket) -> Replica:
        try:
            process = await child.start(
                command(launch, listening), self._tasks, lambda line: launch.on_line(name, line)
            )
        except OSError as error:
            raise StartFailed(f"function {launch.function} cannot be started: {error}") from error
        return Replica(name, address(listening)[0], process)


def command(launch: Launch, listening: socket.socket) -> Command:
    """What to run for a replica that serves on that socket."""
    descriptor = listening.fileno()
    own = {"PORT": str(address(listening)[1]), "PATH": layouts.path(launch.python, launch.environment)}
    return Command(words(launch, descriptor), launch.directory, {**launch.environment, **own}, (descriptor,))


def listening_socket() -> socket.socket:
    return socket.create_server((HOST, 0), backlog=BACKLOG)


def address(listening: socket.socket) -> tuple[str, int]:
    """Its URL and its port."""
    port = listening.getsockname()[1]
    return f"http://{HOST}:{port}", port


def words(launch: Launch, descriptor: int) -> tuple[str, ...]:
    """The layout's own command line, but for the launcher, which takes the socket."""
    # -P: the launcher's own folder is not for the function to import from.
    server = (str(launch.python), "-P", str(LAUNCHERS[launch.layout]), str(launch.directory), str(descriptor))
    return layouts.started(launch.directory, server)
