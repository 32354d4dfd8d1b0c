"""`func run --builder=host` as a process: an environment of its own, and the server of today's layout in it."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.builders import NO_INDEX
from support.real_tools import RealTool

END_SECONDS = 30


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


class FuncRun:
    """It is on its way from the start on, and serves once `ready` returns."""

    def __init__(self, func: RealTool, directory: Path, address: str, *words: str) -> None:
        self.address = address
        self.directory = directory
        self._errors = func.configuration / f"{directory.name}.err"
        command = (func.program, "run", "--builder=host", "--json", "--address", address, *words)
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                command, cwd=directory, env=func.environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )

    def ready(self) -> dict[str, str]:
        """What it prints of itself; skips the test where no index can be reached."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                said: dict[str, str] = json.loads(line)
                return said
        said_last = self._errors.read_text()
        if any(sign in said_last for sign in NO_INDEX):
            pytest.skip("the package index cannot be reached from here")
        pytest.fail(f"func run ended: {said_last}")

    def interrupt(self) -> int:
        """Ctrl-C, and the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        status = self._process.wait(END_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return status


@contextmanager
def running(func: RealTool, directory: Path, address: str, *words: str) -> Iterator[FuncRun]:
    run = FuncRun(func, directory, address, *words)
    try:
        yield run
    finally:
        run.interrupt()
