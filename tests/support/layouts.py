"""The steps' HTTP surface in each layout: the plain step, and real processes of staged directories."""

import asyncio
import os
import socket
import subprocess
from pathlib import Path
from typing import IO, Protocol

import aiohttp

from mesh.clock import SystemClock
from mesh.functions import layouts
from mesh.functions.environments import Needs, python_for
from mesh.functions.layouts import Layout
from mesh.functions.staging import stage_all
from mesh.functions.starter import LAUNCHERS
from mesh.manifests.project import load
from step.messages import Answer, Request
from step.served import Step
from support.mesh import copied_project
from support.steps import load_step, settings_of

STOP_TIMEOUT_SECONDS = 10
ANSWER_TIMEOUT_SECONDS = 90  # for the first one it has to start
OF_THE_SERVER = {"date", "server", "content-length"}


class Served(Protocol):
    """Something that answers requests as a step does, headers without the server's own."""

    async def answer(self, request: Request) -> Answer: ...


class Serving(Protocol):
    """Starts steps, with more settings if given."""

    def __call__(self, name: str, /, **settings: str) -> Served: ...


class Url:
    """A step behind HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def answer(self, request: Request) -> Answer:
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.request(
                request.method,
                self.url + request.path,
                params=request.parameters,
                headers=request.headers,
                data=request.body,
                skip_auto_headers=["content-type"],
            ) as answer,
        ):
            headers = {name.lower(): value for name, value in answer.headers.items()}
            body = await answer.read()
            return Answer(answer.status, {n: v for n, v in headers.items() if n not in OF_THE_SERVER}, body)


class Processes:
    """The steps of one layout, staged in a directory of their own and run in the layout's environment."""

    def __init__(self, layout: Layout, root: Path) -> None:
        self.layout = layout
        project = load(copied_project(root))
        self.staged = {one.directory.name: one.directory for one in stage_all(root, project.functions, layout)}
        needs = Needs.of(self.staged["invoice"])
        self.python = asyncio.run(python_for(needs, root, SystemClock(), print))
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, settings: dict[str, str], output: IO[bytes] | None = None) -> Url:
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        directory, environment = self.staged[name], settings_of(name) | settings | {"PATH": path}
        with socket.create_server(("127.0.0.1", 0)) as listening:
            descriptor = listening.fileno()
            server = (str(self.python), "-P", str(LAUNCHERS[self.layout]), ".", str(descriptor))
            command = layouts.started(directory, server)
            self._running.append(
                subprocess.Popen(command, cwd=directory, env=environment, pass_fds=[descriptor], stdout=output)
            )
            return Url(f"http://127.0.0.1:{listening.getsockname()[1]}")

    def stop(self) -> list[int]:
        """End them as a platform does; answers their exit statuses."""
        for process in self._running:
            process.terminate()
        statuses = [process.wait(STOP_TIMEOUT_SECONDS) for process in self._running]
        self._running.clear()
        return statuses


def plain(name: str, settings: dict[str, str], file: Path | None = None) -> Step:
    """The step as its func.py, or a staged one, makes it, but for its settings."""
    made = load_step(name, file).main.step
    return Step(made._function, made._query, made._once, settings_of(name) | settings)
