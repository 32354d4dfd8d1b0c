"""A child process: its own process group, its output line by line, a stop with a deadline, an end with the mesh."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mesh.clock import SystemClock
from mesh.functions.background import background
from mesh.tether import tethered

LONGEST_LINE = 8192  # bytes; the rest of a longer line is dropped
CHUNK = 65536  # bytes
LAST_WORDS = 30  # lines of output that an error quotes
PIPE_GRACE_SECONDS = 1.0
LINES_AT_ONCE, PAUSE_SECONDS = 200, 0.02  # at most ten thousand lines a second

OnLine = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. `wrapper` goes in front of everything, such as the words that drop root's rights."""

    words: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(repr=False)
    descriptors: tuple[int, ...] = ()
    wrapper: tuple[str, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL  # what the kernel sends when the mesh is gone

    def tethered(self) -> tuple[str, ...]:
        return (*self.wrapper, *tethered(self.death_signal), *self.words)


class Process(Protocol):
    """What asyncio's subprocess has."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


class Child:
    """A running process. `ended` finishes with its exit status, once its output has been read."""

    def __init__(self, process: Process, tasks: asyncio.TaskGroup, on_line: OnLine) -> None:
        self._process = process
        self._on_line = on_line
        self._last: deque[str] = deque(maxlen=LAST_WORDS)
        self.ended = tasks.create_task(self._follow(), name=f"output of process {process.pid}")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        """The newest lines of its output."""
        return "\n".join(self._last)

    async def stop(self, first: signal.Signals, *, grace_seconds: float) -> bool:
        """Send `first`, and SIGKILL to the whole process group at the end; whether it ended within the grace."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(first)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._process.wait()
        in_time = not self.alive
        self.kill()
        await self._process.wait()
        return in_time

    def kill(self) -> None:
        """End it and all that it started; once it has ended, its number may be another process'."""
        if self.ended.done():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _follow(self) -> int:
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read(), name=f"lines of process {self._process.pid}")
            status = await self._process.wait()
            self.kill()  # what it started holds the pipe open
            await asyncio.wait([reading], timeout=PIPE_GRACE_SECONDS)
            reading.cancel()
        return status

    async def _read(self) -> None:
        if self._process.stdout is None:
            return
        count = 0
        async for line in lines(self._process.stdout):
            self._last.append(line.decode(errors="replace"))
            self._on_line(line)
            count += 1
            if count % LINES_AT_ONCE == 0:  # one that prints without end waits in its pipe, and nothing else does
                await SystemClock().sleep(PAUSE_SECONDS)


async def start(command: Command, tasks: asyncio.TaskGroup, on_line: OnLine) -> Child:
    """Start `command` with stdout and stderr in one pipe; raises OSError when it cannot be run."""
    process = await asyncio.create_subprocess_exec(
        *command.tethered(),
        cwd=command.directory,
        env=dict(command.environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        pass_fds=command.descriptors,
    )
    return Child(process, tasks, on_line)


async def finish(command: Command, *, within_seconds: float) -> tuple[int, str]:
    """Run `command` to its end: its exit status, and the last lines that it printed. Raises TimeoutError."""
    async with background() as tasks:
        child = await start(command, tasks, lambda _: None)
        try:
            async with asyncio.timeout(within_seconds):
                status = await asyncio.shield(child.ended)
        finally:
            child.kill()
    return status, child.last_words


async def lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Each line without its end; memory stays bounded however long a line is."""
    rest = b""
    while chunk := await stream.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line[:LONGEST_LINE].rstrip(b"\r")
        rest = rest[:LONGEST_LINE]
    if rest:
        yield rest
