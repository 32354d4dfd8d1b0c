"""Serve a staged directory with parliament on an inherited socket: `python -P launch_parliament.py DIRECTORY SOCKET`.

It runs with the layout's Python, not the mesh's. Parliament's own entry point is tied to port 8080, and gives
requests in flight five seconds at SIGTERM; here they end.
"""

import logging
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import waitress
from parliament import server
from waitress import wasyncore

PAUSE_SECONDS = 0.05
CONNECTIONS = 900  # with what else is open, below the 1,024 files that a process has at least


def main(directory: str, descriptor: str) -> None:
    function = Function()
    run(function, server.create(function), directory, descriptor)


class Function:
    """The function's module, once it is loaded: parliament looks for its `main` at each request."""

    def load(self, directory: str) -> None:
        self.__dict__ = vars(checked(server.load(directory)))


def run(function: Function, app: Any, directory: str, descriptor: str) -> None:
    """Load what the app is for, and serve until asked to stop."""
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    sys.path.insert(0, str(Path(directory).resolve()))  # as `python -m parliament .` has it
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait for a thread is no news
    function.load(directory)
    listening = socket.socket(fileno=int(descriptor))
    serve(prepared(app, listening), lambda: stop.asked)


def checked(module: Any) -> Any:
    """The function's module; parliament itself finds out at the first event only."""
    if not callable(getattr(module, "main", None)):
        sys.exit(f"{module.__file__} has no main: define `def main(context)`, which parliament calls with each event")
    return module


def prepared(app: Any, listening: socket.socket) -> Any:
    # At waitress' own limit, 100, a delivery waits for its time-out behind connections that others only keep.
    return waitress.create_server(
        app,
        sockets=[listening],
        clear_untrusted_proxy_headers=True,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,  # select() ends at descriptor 1023
    )


class Stop:
    """Whether SIGTERM came."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True


def serve(serving: Any, asked: Callable[[], bool]) -> None:
    """Serve until asked to stop, then take no new connection and answer what is in flight."""
    while not asked():
        turn(serving)
    serving.accepting = False
    serving.del_channel()
    serving.socket.close()
    while busy(serving):
        turn(serving)


def turn(serving: Any) -> None:
    wasyncore.loop(timeout=PAUSE_SECONDS, map=serving._map, count=1, use_poll=serving.adj.asyncore_use_poll)  # noqa: SLF001 - as its run() does


def busy(serving: Any) -> bool:
    channels = list(serving.active_channels.values())
    return any(channel.requests or channel.request or channel.total_outbufs_len for channel in channels)


if __name__ == "__main__":
    main(*sys.argv[1:])
