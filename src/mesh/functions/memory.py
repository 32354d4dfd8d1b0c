"""Whether a replica keeps to its memory limit: all processes of its group together, read from Linux' /proc."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from mesh.clock import Clock

PROC = Path("/proc")
PERIOD_SECONDS = 1.0
MEBI = 2**20


def used_bytes(groups: Collection[int]) -> Mapping[int, int]:
    """What they have of their own, as a cgroup would count it: pages of files can be dropped and count nothing."""
    used = Counter[int]()
    for process in PROC.iterdir():
        if process.name.isdecimal() and (group := of(process)) in groups:
            used[group] += own_bytes(process)
    return used


class Memory:
    """Lists the machine's processes once a period for all replicas together, and not at all when none has a limit."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        measure: Callable[[Collection[int]], Mapping[int, int]] = used_bytes,
    ) -> None:
        self._tasks = tasks
        self._clock = clock
        self._measure = measure
        self._groups: set[int] = set()
        self._next: asyncio.Task[Mapping[int, int]] | None = None

    async def exceeded(self, group: int, limit_bytes: int) -> str:
        """Wait until it has more than that, and say how much; 'OOMKilled' is Kubernetes' word for what follows."""
        used = 0
        self._groups.add(group)
        try:
            while used <= limit_bytes:
                used = (await self._listing()).get(group, 0)
        finally:
            self._groups.remove(group)
        limit = f"its limit is {limit_bytes / MEBI:.0f} MiB (resources.limits.memory in func.yaml)"
        return f"was OOMKilled at {used / MEBI:.0f} MiB: {limit}"

    async def _listing(self) -> Mapping[int, int]:
        if self._next is None or self._next.done():
            self._next = self._tasks.create_task(self._list(), name="memory of the replicas")
        return await asyncio.shield(self._next)  # which others wait for, too

    async def _list(self) -> Mapping[int, int]:
        await self._clock.sleep(PERIOD_SECONDS)
        return await asyncio.to_thread(self._measure, frozenset(self._groups))


def of(process: Path) -> int:
    """Its process group; 0, which is no replica's, once it has ended."""
    try:
        return os.getpgid(int(process.name))
    except ProcessLookupError:
        return 0


def own_bytes(process: Path) -> int:
    try:
        _, resident, shared, *_ = (process / "statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
