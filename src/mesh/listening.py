"""A socket that listens from here on: bound before anything else is begun, or refused with the remedy."""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from mesh.errors import NotDone
from mesh.options import Address

BACKLOG = 1024  # clients that are not yet accepted
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound


class Bound:
    """The sockets of one address; a host's name may stand for several. Use as `with`."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self.sockets = sockets
        self._host, self.port = sockets[0].getsockname()[:2]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuse whoever comes from now on, unless others hold the sockets, too."""
        for one in self.sockets:
            one.close()

    @property
    def url(self) -> str:
        """Where clients of this machine reach it, with the port that port 0 became."""
        return f"http://{Address('127.0.0.1' if self._host in EVERY_ADDRESS else self._host, self.port)}"

    @property
    def is_open(self) -> bool:
        """Whether it answers others than this machine's own programs."""
        return any(not ipaddress.ip_address(one.getsockname()[0]).is_loopback for one in self.sockets)


def bound(address: Address, flag: str) -> Bound:
    """Listen on each address of that host; raises NotDone, naming `flag`, when one cannot be had."""
    with ExitStack() as on_failure:
        try:
            sockets = _all(address, on_failure)
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotDone(f"cannot listen on {address} ({reason}): {_remedy(error, flag)}") from error
        on_failure.pop_all()
    return Bound(sockets)


def _all(address: Address, on_failure: ExitStack) -> list[socket.socket]:
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    for family, place in dict.fromkeys((family, place) for family, _, _, _, place in found):
        port = sockets[0].getsockname()[1] if sockets else place[1]
        opened = socket.create_server((place[0], port, *place[2:]), family=family, backlog=BACKLOG)
        sockets.append(on_failure.enter_context(opened))
    return sockets


def _remedy(error: OSError, flag: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"no address is known for that host; write one of this machine's after {flag}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"end what holds the port, or choose another with {flag}"
        case errno.EADDRNOTAVAIL:
            return f"the address is not this machine's; write one that is after {flag}"
        case errno.EACCES:
            return f"choose a port from 1024 with {flag}"
        case _:
            return f"choose another address with {flag}"
