"""The parliament layout's server, forked: rehearsed, made ready in a spare, run once its function is known."""

import importlib
import socket
import threading
from types import SimpleNamespace
from typing import Any

from mesh.functions import launch_parliament
from mesh.functions.warm import telemetry


class Server:
    """Implements mesh.functions.warm.rehearsal.Server."""

    def __init__(self, *, instrumented: bool) -> None:
        self._instrumented = instrumented
        self._function = launch_parliament.Function()
        self._app: Any = None

    def rehearse(self, listening: socket.socket, asking: threading.Thread) -> None:
        if self._instrumented:
            telemetry.start()
        app = parliament().create(SimpleNamespace(main=lambda _: ("", 204)))
        launch_parliament.serve(launch_parliament.prepared(app, listening), lambda: not asking.is_alive())

    def prepare(self) -> None:
        """Of a start's 34 ms of computing, telemetry and Flask's application are 8; they need no function yet."""
        walk_through()
        if self._instrumented:
            telemetry.start()
        self._app = parliament().create(self._function)

    def serve(self, directory: str, listening: int) -> None:
        if self._instrumented:
            telemetry.name()
        launch_parliament.run(self._function, self._app, directory, str(listening))


def parliament() -> Any:
    """Parliament's server, which has imported Flask before telemetry put its own in that place."""
    imported: Any = importlib.import_module("parliament.server")
    flask: Any = importlib.import_module("flask")
    imported.Flask = flask.Flask
    return imported


def walk_through() -> None:
    """One request to a function that does nothing, without a socket: the pages it touches are copied now, not later."""
    app = parliament().create(SimpleNamespace(main=lambda _: ("", 204)))
    for _ in app(request(), lambda *_: None):
        pass


def request() -> dict[str, Any]:
    event = {"HTTP_CE_SPECVERSION": "1.0", "HTTP_CE_ID": "1", "HTTP_CE_SOURCE": "spare", "HTTP_CE_TYPE": "spare"}
    return event | {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SCRIPT_NAME": "", "SERVER_NAME": "spare", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.errors": None,
        "wsgi.input": None, "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
