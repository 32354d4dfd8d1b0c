"""Processes that the benches measure: started, asked for their CPU time, ended."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import cpu_time
import msgspec
from load import Order, Seen

BENCH = Path(__file__).parent
REPOSITORY = BENCH.parent
START_SECONDS = 30.0
STOP_SECONDS = 30.0


class Process:
    """One that runs; its children are counted as its own, such as the receiver as the mesh's."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    @property
    def cpu_seconds(self) -> float:
        return sum(map(cpu_time.milliseconds, self._all())) / 1000

    @property
    def peak_mb(self) -> float:
        """The most that was resident at once, of each."""
        return sum(map(peak_mb, self._all()))

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _all(self) -> list[int]:
        return [self.process.pid, *cpu_time.below(self.process.pid)]

    def ask(self, order: str) -> str:
        """Write a line to its standard input, and read its answer's."""
        assert self.process.stdin is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return self.line()


def peak_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    named = dict(line.split(":", 1) for line in status)
    return int(named["VmHWM"].split()[0]) / 1024


@contextmanager
def running(words: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run until the end of the block; what it says on standard error is shown only when it fails."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        try:
            yield Process(process)
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read()[-4000:])
            raise
        finally:
            end(process)


def end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def load(order: Order) -> Seen:
    """Let the load maker do it, and wait."""
    words = [sys.executable, str(BENCH / "load.py")]
    done = subprocess.run(words, input=msgspec.json.encode(order), capture_output=True, timeout=120, check=True)
    return msgspec.json.decode(done.stdout, type=Seen)
