"""A warm parent's loop: takes orders, forks, and tells the mesh which of its children ended."""

import gc
import os
import select
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from mesh.functions.warm import libraries
from mesh.functions.warm.forked import die_with
from mesh.functions.warm.order import LARGEST, Order


@dataclass(frozen=True)
class Work:
    """What a forked child is to serve, and on which descriptors."""

    order: Order
    listening: int
    log: int


def taken(descriptor: int) -> Work:
    """Work for the child in which this returns; in the parent it never does, and the mesh's end is its own."""
    control = socket.socket(fileno=descriptor)
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)  # any handler: without one nothing is written to the descriptor
    control.send(b"ready")
    while True:
        readable, _, _ = select.select([control, woken], [], [])
        if control in readable and (work := take(control)):
            woken.close()
            waking.close()
            return work
        if woken in readable:
            woken.recv(4096)
        reap(control)


def take(control: socket.socket) -> Work | None:
    """Do what the next order says; the work only in the forked child."""
    data, descriptors, _, _ = socket.recv_fds(control, LARGEST, 2)
    if not data:
        os._exit(0)  # the mesh is gone, and the kernel ends the replicas with this process
    order = Order.decoded(data)
    if not descriptors:
        libraries.load(libraries.named(Path(order.directory)))
        gc.freeze()
        return None
    work = forked(control, Work(order, *descriptors))
    for received in descriptors if work is None else ():
        os.close(received)
    return work


def forked(control: socket.socket, work: Work) -> Work | None:
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError as error:
        control.send(f"refused {error}".encode())
        return None
    if child:
        return None
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    die_with(parent)
    control.send(f"started {os.getpid()}".encode())  # by the child: whoever hears of it can kill its process group
    control.close()
    return work


def reap(control: socket.socket) -> None:
    """Tell `ended PID STATUS` of each child that has ended."""
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        control.send(f"ended {child} {os.waitstatus_to_exitcode(status)}".encode())
