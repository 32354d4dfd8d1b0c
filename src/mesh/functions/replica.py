"""One process that serves a function, and what it is made of."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mesh.functions.child import Child
from mesh.functions.layouts import Layout
from mesh.manifests.revision import Probes


@dataclass(frozen=True, slots=True)
class Launch:
    """What replicas are made of: one generation of a function as it is staged, its environment and settings."""

    function: str
    generation: int
    directory: Path
    layout: Layout
    python: Path
    environment: Mapping[str, str] = field(repr=False)
    on_line: Callable[[str, bytes], None] = field(repr=False)  # called with the replica's name and a line
    probes: Probes = field(default_factory=Probes)
    memory_bytes: int | None = None  # the limit of a replica


class Replica:
    """A running process; `url` is its address."""

    def __init__(self, name: str, url: str, process: Child) -> None:
        self.name = name
        self.url = url
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.alive

    @property
    def gone(self) -> bool:
        """Whether it has ended and all of its output was read."""
        return self._process.ended.done()

    @property
    def last_words(self) -> str:
        return self._process.last_words

    async def ended(self) -> int:
        """Its exit status, once it has one."""
        return await asyncio.shield(self._process.ended)

    async def stop(self, *, grace_seconds: float) -> bool:
        """Let requests in flight end, then end it and all that it started; whether it ended within the grace."""
        return await self._process.stop(signal.SIGTERM, grace_seconds=grace_seconds)

    def kill(self) -> None:
        self._process.kill()
