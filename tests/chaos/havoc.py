"""What is done to a mesh: kills, stalls, subscribers that hold their answers, a disk that takes nothing more."""

import os
import random
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chaos.history import Death
from chaos.subscribers import Subscribers
from support.mesh import MeshUp

KILLS = ("mesh", "receiver", "function", "Postgres")


class Havoc:
    """`done` counts what was done, by kind; `deaths` are those of the mesh."""

    def __init__(self, mesh: MeshUp, subscribers: Subscribers, chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self.deaths: list[Death] = []
        self._mesh = mesh
        self._subscribers = subscribers
        self._chance = chance
        self._listen = mesh.url.removeprefix("http://")

    @property
    def kills(self) -> int:
        return sum(self.done[kind] for kind in KILLS)

    def wreak(self, kills: int) -> None:
        """Go on until there were so many kills."""
        kinds: dict[str, tuple[int, Callable[[], bool]]] = {
            "mesh": (30, self._kill_mesh),
            "receiver": (20, self._kill_receiver),
            "function": (30, self._kill_function),
            "Postgres": (10, self._kill_postgres),
            "mesh stalled": (8, self._stall_mesh),
            "function stalled": (8, self._stall_function),
            "subscribers stalled": (7, self._stall_subscribers),
            "disk full": (7, self._fill_disk),
        }
        weights = [weight for weight, _ in kinds.values()]
        while self.kills < kills:
            time.sleep(self._chance.uniform(0.0, 1.5))
            assert self._mesh.process.poll() is None, f"the mesh ended by itself:\n{self._mesh.output()[-5000:]}"
            kind = self._chance.choices(list(kinds), weights)[0]
            self.done[kind] += kinds[kind][1]()

    def _kill_mesh(self) -> bool:
        killed = time.monotonic()
        self._mesh.kill()
        time.sleep(self._chance.choice([0.0, 0.0, 0.5]))
        self.deaths.append(Death(killed, time.monotonic()))
        self._mesh.start("--listen", self._listen)
        return True

    def _kill_receiver(self) -> bool:
        with suppress(StopIteration, OSError):  # the next one is not there yet
            os.kill(self._mesh.receiver, signal.SIGKILL)
            return True
        return False

    def _kill_function(self) -> bool:
        return self._signal(self._mesh.root / "build" / "functions", signal.SIGKILL) is not None

    def _kill_postgres(self) -> bool:
        return self._signal(self._mesh.state / "postgres" / "data", signal.SIGKILL) is not None

    def _stall_mesh(self) -> bool:
        self._mesh.process.send_signal(signal.SIGSTOP)
        time.sleep(self._chance.uniform(0.1, 2.0))
        self._mesh.process.send_signal(signal.SIGCONT)
        return True

    def _stall_function(self) -> bool:
        stalled = self._signal(self._mesh.root / "build" / "functions", signal.SIGSTOP)
        if stalled is None:
            return False
        time.sleep(self._chance.uniform(0.1, 2.0))
        with suppress(ProcessLookupError):
            os.kill(stalled, signal.SIGCONT)
        return True

    def _stall_subscribers(self) -> bool:
        self._subscribers.serving.clear()
        time.sleep(self._chance.uniform(0.1, 3.0))
        self._subscribers.serving.set()
        return True

    def _fill_disk(self) -> bool:
        with no_file_grows(self._mesh.process.pid, self._chance.choice([1, 4096, 1_000_000])):
            time.sleep(self._chance.uniform(0.1, 2.0))
        return True

    def _signal(self, below: Path, number: signal.Signals) -> int | None:
        """Send a signal to one of the processes that work in or below a directory; answer which."""
        chosen = self._chance.choice(sorted(working_in(below)) or [None])
        if chosen is not None:
            with suppress(ProcessLookupError):
                os.kill(chosen, number)
        return chosen


@contextmanager
def no_file_grows(pid: int, beyond_bytes: int) -> Iterator[None]:
    """A full disk, for that process and those that it starts meanwhile: no file can be written beyond so many bytes."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (beyond_bytes, before[1]))
    yield
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def working_in(directory: Path) -> Iterator[int]:
    """Processes whose working directory is there or below."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").resolve(strict=True).is_relative_to(directory.resolve()):
                yield int(process.name)
