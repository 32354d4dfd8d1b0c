"""The receiver's program: `python -m mesh.receiver LINK MAX_CONNECTIONS SOCKET…`, the descriptors that it was given."""

import signal
import socket
import sys

import uvloop

from mesh.listening import Bound
from mesh.process import log_in_plain_lines, spare_the_collector
from mesh.receiver.receiver import Receiver


def main(link: int, max_connections: int, *listening: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever ends a service may tell all: the mesh ends this in order
    log_in_plain_lines()
    spare_the_collector()
    with Bound([socket.socket(fileno=one) for one in listening]) as bound:
        uvloop.run(Receiver(bound, max_connections).run(socket.socket(fileno=link)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
