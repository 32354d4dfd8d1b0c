"""Serve a staged directory with func-python on an inherited socket: `python -P launch_asgi.py DIRECTORY SOCKET`.

It runs with the layout's Python, not the mesh's, and does what func's scaffolding does (service/main.py), whose own
server binds only addresses, and gives requests in flight three seconds at SIGTERM; here they end.
"""

import asyncio
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import hypercorn.asyncio
from hypercorn.config import Config

INVOKE = re.compile(r"(?m)^invoke:\s*[\"']?cloudevent\b")
LONG_SECONDS = 24 * 60 * 60.0  # the mesh decides when a connection or a replica ends


def main(directory: str, descriptor: str) -> None:
    sys.path.insert(0, str(Path(directory).resolve()))  # the packages that pip would install from there
    app = application(flavour(Path(directory)), importlib.import_module("function"))
    asyncio.run(hypercorn.asyncio.serve(app, settings(descriptor)))


def flavour(directory: Path) -> Any:
    """The half of func-python that func's scaffolding takes; only `invoke` of func.yaml decides."""
    is_cloudevent = INVOKE.search((directory / "func.yaml").read_text())
    return importlib.import_module("func_python.cloudevent" if is_cloudevent else "func_python.http")


def application(server: Any, function: Any) -> Any:
    """`new` where there is one, else `handle`."""
    if hasattr(function, "new"):
        return server.ASGIApplication(function.new())
    return server.ASGIApplication(server.DefaultFunction(function.handle))


def settings(descriptor: str) -> Config:
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.graceful_timeout = LONG_SECONDS
    config.keep_alive_timeout = LONG_SECONDS  # closing one that the mesh is about to use would fail a delivery
    config.keep_alive_max_requests = sys.maxsize
    return config


if __name__ == "__main__":
    main(*sys.argv[1:])
