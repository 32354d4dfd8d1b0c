"""A child that was forked ahead of its order, and has done whatever it can do without one."""

import os
import signal
import socket
from dataclasses import dataclass

from mesh.functions.warm import forked
from mesh.functions.warm.order import LARGEST, Order
from mesh.functions.warm.rehearsal import Server


@dataclass(frozen=True)
class Work:
    """What a child is to serve, and on which descriptors; `said` is what it has printed as a spare."""

    order: Order
    said: int
    listening: int
    log: int


def wait(parent: int, control: socket.socket, taken: socket.socket, server: Server) -> Work:
    """Become a spare, and return with the first order that no other spare was quicker to take."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    forked.die_with(parent)
    said = forked.hushed()
    server.prepare()
    data, descriptors, _, _ = socket.recv_fds(control, LARGEST, 2)
    if not data:
        os._exit(0)  # the mesh is gone
    order = Order.decoded(data)
    started = f"started {order.number} {os.getpid()}".encode()
    control.send(started)  # by itself: whoever hears of it can kill its process group
    taken.send(str(os.getpid()).encode())
    return Work(order, said, *descriptors)
