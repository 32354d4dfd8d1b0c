"""What a forked child does to become a replica: as the function's own command line would have it."""

import ctypes
import importlib
import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from mesh.functions import launch_parliament
from mesh.functions.tether import PR_SET_PDEATHSIG

TELEMETRY = "opentelemetry.instrumentation.auto_instrumentation"


def serve(work: Any, *, instrumented: bool) -> None:
    """Serve until asked to stop; then Python ends as ever, with its exit handlers."""
    settle(work.order.directory, work.order.environment, work.log)
    if instrumented:
        instrument()
    server()
    launch_parliament.main(work.order.directory, str(work.listening))


def die_with(parent: int) -> None:
    """Have the kernel end this process with its parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before the setting was made, so the signal will never come
        os._exit(1)


def settle(directory: str, environment: Mapping[str, str], log: int) -> None:
    """Take the replica's directory, variables and output."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, standard)
    os.close(nothing)
    os.close(log)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def instrument() -> None:
    """What `opentelemetry-instrument` does: after the fork, since the SDK has threads and a service's name."""
    importlib.import_module(TELEMETRY).initialize()


def server() -> Any:
    """The server of parliament, which has imported Flask before telemetry put its own in that place."""
    imported: Any = importlib.import_module("parliament.server")
    flask: Any = importlib.import_module("flask")
    imported.Flask = flask.Flask
    return imported
