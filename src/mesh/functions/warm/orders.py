"""A warm parent's loop: keeps children that wait for an order, and tells the mesh which of them ended."""

import contextlib
import gc
import os
import select
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path

from mesh.functions.warm import libraries, spare
from mesh.functions.warm.order import LARGEST, Order
from mesh.functions.warm.rehearsal import Server

QUIET_SECONDS = 0.25  # what just started is not to be slowed down by what may start next
PACE_SECONDS = 0.02  # from one spare to the next while it stays quiet; each computes for about 10 ms
MOST_SPARES = 8


@dataclass
class Sockets:
    """`control` is read by whichever spare is first, `announced` by the parent; `taken` tells it of used spares."""

    control: socket.socket
    announced: socket.socket
    woken: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)
    taken: tuple[socket.socket, socket.socket] = field(
        default_factory=lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    )

    def close(self) -> None:
        for one in (self.control, self.announced, *self.woken, *self.taken):
            one.close()


def taken(control: int, announced: int, server: Server) -> spare.Work:
    """Work for the child in which this returns; in the parent it never does."""
    sockets = Sockets(socket.socket(fileno=control), socket.socket(fileno=announced))
    sockets.woken[1].setblocking(False)
    signal.set_wakeup_fd(sockets.woken[1].fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)  # any handler: without one nothing is written to the descriptor
    sockets.control.send(b"ready")
    return Loop(sockets, server).run()


class Loop:
    """`spares` are the children that have no order yet."""

    def __init__(self, sockets: Sockets, server: Server) -> None:
        self._sockets = sockets
        self._server = server
        self._spares: set[int] = set()
        self._wanted = 1

    def run(self) -> spare.Work:
        sockets = self._sockets
        pause = QUIET_SECONDS
        while True:
            first = [] if self._spares else [sockets.control]  # an order waits, and nobody for it
            few = len(self._spares) < self._wanted
            watched = [sockets.announced, sockets.woken[0], sockets.taken[0], *first]
            readable, _, _ = select.select(watched, [], [], pause if few else None)
            pause = QUIET_SECONDS if readable else PACE_SECONDS
            if (not readable or sockets.control in readable) and (work := self._fork()):
                return work
            if sockets.announced in readable:
                self._announcement()
            if sockets.taken[0] in readable:
                self._spares.discard(int(sockets.taken[0].recv(32)))
            if sockets.woken[0] in readable:
                sockets.woken[0].recv(4096)
                self._reap()

    def _announcement(self) -> None:
        data = self._sockets.announced.recv(LARGEST)
        if not data:
            os._exit(0)  # the mesh is gone, and the kernel ends the replicas with this process
        self._wanted = min(self._wanted + 1, MOST_SPARES)
        with contextlib.suppress(OSError):  # it may have been staged anew meanwhile
            libraries.load(libraries.named(Path(Order.decoded(data).directory)))
        gc.freeze()

    def _fork(self) -> spare.Work | None:
        parent = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            self._sockets.control.send(f"refused {error}".encode())
            return None
        if child:
            self._spares.add(child)
            return None
        work = spare.wait(parent, self._sockets.control, self._sockets.taken[1], self._server)
        self._sockets.close()
        return work

    def _reap(self) -> None:
        """Tell `ended PID STATUS` of each child that has ended."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._spares.discard(ended[0])
                self._sockets.control.send(f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}".encode())
