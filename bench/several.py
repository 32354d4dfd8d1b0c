"""What the cold starts are measured on: a copy of the project with one of its steps several times over."""

import asyncio
import io
import os
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec

from mesh.clock import SystemClock
from mesh.functions import child, starter
from mesh.functions.child import Command
from mesh.functions.hosting import Hosting, hosting
from mesh.functions.layouts import Layout
from mesh.functions.readiness import Readiness
from mesh.functions.replica import Launch, Replica
from mesh.functions.starter import SpawningStarter
from mesh.functions.starting import Starting
from mesh.functions.terminal import Terminal
from mesh.manifests.model import Function, Project
from mesh.manifests.project import load
from mesh.options import UpOptions
from mesh.wire import Request, lines

REPOSITORY = Path(__file__).parents[1]
STEP = "ride-completed"
IDLE = timedelta(seconds=0.2)
NO_TELEMETRY = """\
Handle = object
def instrumented(handle, environ):
    return handle
"""
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Copy:
    """`cabs/complete-1` and so on, each with tables of its own; Python environments are the checkout's."""

    def __init__(self, root: Path, count: int, *, instrumented: bool, idle: timedelta = IDLE) -> None:
        self.root = root
        self._idle = idle
        (REPOSITORY / "build" / "environments").mkdir(parents=True, exist_ok=True)
        (root / "build").mkdir()
        (root / "build" / "environments").symlink_to(REPOSITORY / "build" / "environments")
        for folder in ("templates", "src/step", "src/cabs"):
            shutil.copytree(REPOSITORY / folder, root / folder)
        if not instrumented:
            (root / "templates/python/parliament/Procfile").write_text("web: python -m parliament .\n")
            (root / "src/step/telemetry.py").write_text(NO_TELEMETRY)
        for number in range(1, count + 1):
            self._function(f"complete-{number}")

    @property
    def project(self) -> Project:
        loaded = load(self.root)
        return replace(loaded, functions=tuple(idle(function, self._idle) for function in loaded.functions))

    def _function(self, name: str) -> None:
        shutil.copytree(REPOSITORY / "functions" / STEP, self.root / "functions" / name)
        for file in (self.root / "functions" / name).glob("*.*"):
            text = file.read_text().replace(STEP, name)
            file.write_text(text.replace(STEP.replace("-", "_") + ".", name.replace("-", "_") + "."))


def idle(function: Function, window: timedelta) -> Function:
    return replace(function, scale=replace(function.scale, window=window))


def complete_ride() -> Request:
    ride = {"ride_id": f"r-{uuid.uuid4().hex}", "passenger_id": "p-1", "driver_id": "d-1"}
    body = msgspec.json.encode(ride | {"distance_km": "8.4", "duration_min": 17})
    headers = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "//bench", "type": "cabs.rides.complete-ride"}
    attributes = [(f"ce-{name}", value) for name, value in headers.items()]
    return Request("POST", "/", lines([("content-type", "application/json"), *attributes]), body)


@asynccontextmanager
async def running(copy: Copy, starting: Starting, endpoint: str, layout: Layout) -> AsyncIterator[Hosting]:
    options = UpOptions(copy.root, copy.root / ".mesh", layout=layout)
    options.state.mkdir()
    terminal, said = Terminal(io.StringIO()), "http://127.0.0.1:9"
    with exporting_to(endpoint):
        async with hosting(
            copy.project, options, said, SystemClock(), terminal=terminal, starting=starting
        ) as functions:
            yield functions


@contextmanager
def exporting_to(endpoint: str) -> Iterator[None]:
    os.environ.pop(COLLECTOR, None)
    if endpoint:
        os.environ[COLLECTOR] = endpoint
    try:
        yield
    finally:
        os.environ.pop(COLLECTOR, None)


class Untethered(Command):
    """The function's own command alone."""

    def tethered(self) -> tuple[str, ...]:
        return self.words


class OwnCommand(SpawningStarter):
    """Spawns without what the mesh puts in front."""

    async def _spawn(self, launch: Launch, name: str, listening: socket.socket) -> Replica:
        full = starter.command(launch, listening)
        own = Untethered(full.words, full.directory, full.environment, full.descriptors)
        process = await child.start(own, self._tasks, lambda line: launch.on_line(name, line))
        return Replica(name, starter.address(listening)[0], process)


@asynccontextmanager
async def own_command(
    tasks: asyncio.TaskGroup, ready: Readiness, _say: Callable[[str], None]
) -> AsyncIterator[OwnCommand]:
    yield OwnCommand(tasks, ready)
