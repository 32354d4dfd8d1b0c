"""Whose CPU time it is: the processes below a mesh, told apart by what /proc says of them."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
MESH, POSTGRES, REST = "mesh", "Postgres", "warm parents and watchers"
RECEIVER = b"mesh.receiver"  # among the words of the mesh's other process


def by_kind(mesh: int) -> Counter[str]:
    """CPU milliseconds that the mesh, each step, Postgres and the rest have used so far, those that ended apart."""
    used: Counter[str] = Counter()
    receiver = receiver_of(mesh)
    for process in (mesh, *below(mesh)):
        try:
            used[MESH if process in (mesh, receiver) else kind(process)] += milliseconds(process)
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    return used


def steps(mesh: int) -> set[str]:
    """Of which steps replicas run."""
    return by_kind(mesh).keys() - {MESH, POSTGRES, REST}


def receiver_of(mesh: int) -> int:
    """The mesh's process that takes events in."""
    return next(process for process in below(mesh) if RECEIVER in Path(f"/proc/{process}/cmdline").read_bytes())


def below(parent: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            children.setdefault(int(stat(int(directory.name))[1]), []).append(int(directory.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    waiting = [parent]
    while waiting:
        found = children.get(waiting.pop(), [])
        waiting += found
        yield from found


def kind(process: int) -> str:
    """A replica's working directory is its step's; a warm parent's is not."""
    if Path(f"/proc/{process}/comm").read_text().strip() == "postgres":
        return POSTGRES
    directory = Path(f"/proc/{process}/cwd").readlink()
    return directory.name if directory.parent.name == "functions" else REST


def milliseconds(process: int) -> int:
    fields = stat(process)
    return sum(map(int, fields[11:13])) * 1000 // CLOCK_TICKS


def stat(process: int) -> list[str]:
    """From the third field on, the state: the second may hold spaces."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
