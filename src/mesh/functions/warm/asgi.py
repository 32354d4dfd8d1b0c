"""The asgi layout's server, forked: rehearsed, run once its function is known."""

import asyncio
import contextlib
import importlib
import os
import socket
import threading
from collections.abc import MutableMapping
from functools import partial
from typing import Any

import hypercorn.asyncio

from mesh.functions import launch_asgi
from mesh.functions.warm import telemetry


class Server:
    """Implements mesh.functions.warm.rehearsal.Server."""

    def __init__(self, *, instrumented: bool) -> None:
        pass

    def rehearse(self, listening: socket.socket, asking: threading.Thread) -> None:
        """Telemetry is the function's own affair here; where it is installed, it is what takes longest to import."""
        os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
        with contextlib.suppress(ImportError):
            telemetry.start()
        for server in map(importlib.import_module, ("func_python.cloudevent", "func_python.http")):
            app = server.ASGIApplication(server.DefaultFunction(answer))
        settings = launch_asgi.settings(str(listening.detach()))
        asyncio.run(hypercorn.asyncio.serve(app, settings, shutdown_trigger=partial(asyncio.to_thread, asking.join)))

    def prepare(self) -> None:
        pass

    def serve(self, directory: str, listening: int) -> None:
        launch_asgi.main(directory, str(listening))


async def answer(_scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
