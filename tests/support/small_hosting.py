"""The small function, hosted."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from mesh.clock import SystemClock
from mesh.functions.hosting import Hosting, hosting
from mesh.functions.terminal import Terminal
from mesh.options import UpOptions
from support.small_project import SmallProject

KEY = "demo/hello"


@asynccontextmanager
async def hosted(
    small: SmallProject,
    output: io.StringIO | None = None,
    *,
    tell: Callable[[str, str], None] = lambda *_: None,
    grace_seconds: float = 10.0,
) -> AsyncIterator[Hosting]:
    terminal = Terminal(output if output is not None else io.StringIO())
    options = UpOptions(small.root, small.state, grace_seconds=grace_seconds)
    clock, starting = SystemClock(), small.starting
    async with hosting(
        small.project, options, "http://127.0.0.1:9", clock, tell=tell, terminal=terminal, starting=starting
    ) as functions:
        yield functions


async def text(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        return await answer.text()


async def becomes(question: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not question():  # noqa: ASYNC110 - another process changes the answer
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def replicas(functions: Hosting) -> int:
    return functions.status()[0].replicas
