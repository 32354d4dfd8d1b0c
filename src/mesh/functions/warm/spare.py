"""A child that was forked ahead of its order, and has made its own whatever memory it will write to anyway."""

import os
import signal
import socket
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from mesh.functions.warm import forked
from mesh.functions.warm.order import LARGEST, Order


@dataclass(frozen=True)
class Work:
    """What a child is to serve, and on which descriptors."""

    order: Order
    listening: int
    log: int


def wait(parent: int, control: socket.socket, taken: socket.socket) -> Work:
    """Become a spare, and return with the first order that no other spare was quicker to take."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    forked.die_with(parent)
    walk_through()
    data, descriptors, _, _ = socket.recv_fds(control, LARGEST, 2)
    if not data:
        os._exit(0)  # the mesh is gone
    order = Order.decoded(data)
    control.send(
        f"started {order.number} {os.getpid()}".encode()
    )  # by itself: whoever hears of it can kill its process group
    taken.send(str(os.getpid()).encode())
    return Work(order, *descriptors)


def walk_through() -> None:
    """One request to a function that does nothing, without a socket: the pages it touches are copied now, not later."""
    app = forked.server().create(SimpleNamespace(main=lambda _: ("", 204)))
    for _ in app(request(), lambda *_: None):
        pass


def request() -> dict[str, Any]:
    event = {"HTTP_CE_SPECVERSION": "1.0", "HTTP_CE_ID": "1", "HTTP_CE_SOURCE": "spare", "HTTP_CE_TYPE": "spare"}
    return event | {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SCRIPT_NAME": "", "SERVER_NAME": "spare", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.errors": None,
        "wsgi.input": None, "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
