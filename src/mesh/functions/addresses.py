"""Each function's own port: chosen once, kept in the state directory, so that its URL stays the same."""

import contextlib
import json
import socket
from collections.abc import Iterable
from pathlib import Path

from mesh.listening import BACKLOG

FILE = "ports.json"


class Addresses:
    """Hands out listening sockets; a port that another program took meanwhile is replaced."""

    def __init__(self, state: Path, host: str) -> None:
        self._file = state / FILE
        self._host = host
        self._ports = remembered(self._file)
        self._listening: dict[str, socket.socket] = {}

    def url(self, key: str) -> str:
        host, port = self.listening(key).getsockname()[:2]
        return f"http://{host}:{port}"

    def listening(self, key: str) -> socket.socket:
        """The socket on the function's port; it listens from the first call on, so that nobody else takes the port."""
        if key not in self._listening:
            self._listening[key] = self._bound(self._ports.get(key, 0))
            self._remember(key, self._listening[key].getsockname()[1])
        return self._listening[key]

    def close(self, key: str) -> None:
        if key in self._listening:
            self._listening.pop(key).close()

    def _bound(self, port: int) -> socket.socket:
        with contextlib.suppress(OSError):
            return socket.create_server((self._host, port), backlog=BACKLOG)
        return socket.create_server((self._host, 0), backlog=BACKLOG)

    def _remember(self, key: str, port: int) -> None:
        self._ports[key] = port
        beside = self._file.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(self._ports, indent=1, sort_keys=True))
        beside.replace(self._file)


def remembered(file: Path) -> dict[str, int]:
    """Only a convenience: without the file, or with a broken one, ports are chosen anew."""
    try:
        ports = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): port for key, port in ports.items() if isinstance(port, int)} if isinstance(ports, dict) else {}


class Run:
    """`.func/runs/<port>` in a function's directory while it serves, which a plain `func invoke` looks for."""

    def __init__(self, directory: Path, port: int) -> None:
        self._runs = directory / ".func" / "runs"
        self._port = port

    def __enter__(self) -> None:
        for stale in stale_runs(self._runs):
            with contextlib.suppress(OSError):  # one that holds files is somebody else's
                stale.rmdir()
        (self._runs / str(self._port)).mkdir(parents=True, exist_ok=True)

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            (self._runs / str(self._port)).rmdir()
            self._runs.rmdir()
            self._runs.parent.rmdir()


def stale_runs(runs: Path) -> Iterable[Path]:
    """Directories of ports on which nobody listens any more."""
    if not runs.is_dir():
        return []
    return [run for run in runs.iterdir() if run.name.isdecimal() and not is_served(int(run.name))]


def is_served(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except (OSError, OverflowError):
        return False
