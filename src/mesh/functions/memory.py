"""Whether a replica keeps to its memory limit: all processes of its group together, read from Linux' /proc."""

import asyncio
import os
from pathlib import Path

from mesh.clock import Clock

PROC = Path("/proc")
PERIOD_SECONDS = 1.0
MEBI = 2**20


async def exceeded(group: int, limit_bytes: int, clock: Clock) -> str:
    """Wait until the group has more than that, and say how much; 'OOMKilled' is Kubernetes' word for what follows."""
    while (used := await asyncio.to_thread(used_bytes, group)) <= limit_bytes:
        await clock.sleep(PERIOD_SECONDS)
    limit = f"its limit is {limit_bytes / MEBI:.0f} MiB (resources.limits.memory in func.yaml)"
    return f"was OOMKilled at {used / MEBI:.0f} MiB: {limit}"


def used_bytes(group: int) -> int:
    """What they have of their own, as a cgroup would count it: pages of files can be dropped and count nothing."""
    return sum(own_bytes(process) for process in PROC.iterdir() if process.name.isdecimal() and of(process) == group)


def of(process: Path) -> int | None:
    """Its process group."""
    try:
        return os.getpgid(int(process.name))
    except ProcessLookupError:
        return None  # it has ended meanwhile


def own_bytes(process: Path) -> int:
    try:
        _, resident, shared, *_ = (process / "statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
