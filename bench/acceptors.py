"""What takes events, the mesh and its rivals: each started, and with the order that the load maker gets for it."""

import json
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import events
import installed
import mesh_process
from mesh_process import mesh
from processes import BENCH, REPOSITORY, Process, running

READY_SECONDS = 30.0
NATS_SETTINGS = """\
listen: 127.0.0.1:{port}
jetstream {{ store_dir: "{directory}", sync_interval: always }}
"""


@dataclass(frozen=True)
class Acceptor:
    process: Process
    port: int
    head: str
    protocol: str = "http"


Start = Callable[[], AbstractContextManager[Acceptor]]


@contextmanager
def the_mesh() -> Iterator[Acceptor]:
    with mesh([mesh_process.TRIGGER.format(name="none", type="none", uri="http://127.0.0.1:9")]) as running_mesh:
        yield Acceptor(running_mesh.process, running_mesh.port, events.head(mesh_process.PATH))


@contextmanager
def uvicorn() -> Iterator[Acceptor]:
    port = free_port()
    options = [
        "--port",
        str(port),
        "--http",
        "httptools",
        "--loop",
        "uvloop",
        "--no-access-log",
        "--log-level",
        "error",
    ]
    words = [
        str(installed.python_with_uvicorn()),
        "-m",
        "uvicorn",
        "--app-dir",
        str(BENCH),
        "answers_202:app",
        *options,
    ]
    with running(words) as process:
        until_listening(port)
        yield Acceptor(process, port, events.head("/"))


@contextmanager
def ingress(*words: str) -> Iterator[Acceptor]:
    with running([sys.executable, str(BENCH / "ingress_alone.py"), *words]) as process:
        yield Acceptor(process, int(process.line()), events.head(mesh_process.PATH))


@contextmanager
def postgres() -> Iterator[Acceptor]:
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from support.postgres import server  # noqa: PLC0415

    with server(durable=True) as database, ingress(database.url()) as acceptor:
        yield acceptor


@contextmanager
def restate() -> Iterator[Acceptor]:
    program, port, admin = installed.restate_server(), free_port(), free_port()
    settings = {
        "RESTATE_DISABLE_TELEMETRY": "true",
        "RESTATE_LISTEN_MODE": "tcp",
        "RESTATE_BIND_IP": "127.0.0.1",
        "RESTATE_BIND_PORT": str(free_port()),
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{port}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
    }
    with (
        tempfile.TemporaryDirectory(prefix="bench") as directory,
        running([sys.executable, str(BENCH / "restate_endpoint.py")]) as endpoint,
        running([str(program), "--no-logo", "--base-dir", directory], settings) as process,
    ):
        until_listening(admin)
        until_listening(port)
        registered = {"uri": f"http://127.0.0.1:{endpoint.line()}", "use_http_11": True}
        post(f"http://127.0.0.1:{admin}/deployments", registered)
        post(f"http://127.0.0.1:{port}/rides/take/send", {})  # answered when its partitions have leaders
        yield Acceptor(process, port, events.head("/rides/take/send"))


@contextmanager
def nats() -> Iterator[Acceptor]:
    program, port = installed.nats_server(), free_port()
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        settings = Path(directory, "nats.conf")
        settings.write_text(NATS_SETTINGS.format(port=port, directory=directory))
        with running([str(program), "-c", str(settings)]) as process:
            until_listening(port)
            make_stream(port)
            yield Acceptor(process, port, "rides", "nats")


def make_stream(port: int) -> None:
    stream = json.dumps({"name": "rides", "subjects": ["rides"], "storage": "file", "retention": "limits"})
    with socket.create_connection(("127.0.0.1", port), READY_SECONDS) as connection:
        ask = f"PUB $JS.API.STREAM.CREATE.rides answer {len(stream)}\r\n{stream}\r\n"
        connection.sendall(f'CONNECT {{"verbose":false}}\r\nSUB answer 1\r\n{ask}'.encode())
        said = b""
        while b'"created"' not in said:
            piece = connection.recv(65536)
            said += piece
            if not piece or b'"error"' in said:
                raise installed.Missing(f"the stream was not made: {said[-200:]!r}")


def post(url: str, body: object) -> None:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    urllib.request.urlopen(request, timeout=READY_SECONDS).close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def until_listening(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
