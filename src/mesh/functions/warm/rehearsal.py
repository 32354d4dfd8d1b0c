"""A throw-away child serves itself one request, and tells which libraries that imported."""

import os
import socket
import sys
import threading
import traceback
from collections.abc import MutableMapping
from typing import Protocol

from mesh.functions.warm import forked, libraries

NOWHERE = "http://127.0.0.1:9"  # a rehearsal is not to be seen at a collector
REQUEST = (
    b"POST / HTTP/1.1\r\nHost: rehearsal\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n"
    b"ce-specversion: 1.0\r\nce-id: 1\r\nce-source: rehearsal\r\nce-type: rehearsal\r\n"
    b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n{}"
)
WITHIN_SECONDS = 10.0


class Server(Protocol):
    """What a layout has in a warm parent."""

    def rehearse(self, listening: socket.socket, asking: threading.Thread) -> None:
        """Serve as long as the thread asks."""
        ...

    def prepare(self) -> None:
        """Do in a spare what needs no function."""
        ...

    def serve(self, directory: str, listening: int) -> None:
        """Serve what is staged there until asked to stop."""
        ...


def imported(server: Server) -> list[str]:
    """Names of modules; none when the rehearsal failed, and then no other child would serve either."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            rehearse(server)
            os.write(writing, "\n".join(filter(libraries.is_library, list(sys.modules))).encode())
        except BaseException:  # noqa: BLE001 - it ends here in any case
            traceback.print_exc()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().split()
    os.waitpid(child, 0)
    return names


def rehearse(server: Server) -> None:
    forked.die_with(os.getppid())
    nowhere(os.environ)
    listening = socket.create_server(("127.0.0.1", 0))
    asking = threading.Thread(target=ask, args=(listening.getsockname(),), daemon=True)
    asking.start()
    server.rehearse(listening, asking)


def nowhere(environment: MutableMapping[str, str]) -> None:
    for name in environment:
        if name.startswith("OTEL_EXPORTER_OTLP") and name.endswith("ENDPOINT"):
            environment[name] = NOWHERE


def ask(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=WITHIN_SECONDS) as connection:
        connection.sendall(REQUEST)
        while connection.recv(4096):
            pass
