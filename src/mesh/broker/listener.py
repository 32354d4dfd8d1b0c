"""The ingress' socket: listens, bounds the number of clients, drains on the way out."""

import asyncio
import errno
import socket
from contextlib import suppress

from mesh.broker.exchange import Application
from mesh.broker.protocol import Connection
from mesh.errors import NotDone
from mesh.options import Address

MAX_CONNECTIONS = 4096
REQUEST_SECONDS = 60.0  # a request that takes longer to arrive is cut off
SWEEP_SECONDS = 5.0
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound


class Listener:
    """Serves one application on one address; use as `async with`."""

    def __init__(self, application: Application, address: Address) -> None:
        self._application = application
        self._address = address
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._server: asyncio.Server
        self._bound: tuple[str, int]
        self._sweep: asyncio.TimerHandle

    async def start(self) -> None:
        """Listen; raises NotDone when the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connect, self._address.host, self._address.port, backlog=1024)
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotDone(f"cannot listen on {self._address} ({reason}): {_remedy(error)}") from error
        self._bound = self._server.sockets[0].getsockname()[:2]
        self._sweep = loop.call_later(SWEEP_SECONDS, self._cut_off_slow)

    @property
    def url(self) -> str:
        """Where clients of this machine reach it, with the port that port 0 became."""
        host, port = self._bound
        return f"http://{Address('127.0.0.1' if host in EVERY_ADDRESS else host, port)}"

    async def stop(self, within: float) -> None:
        """Refuse new clients, answer what came in whole, close; at most `within` seconds."""
        self._sweep.cancel()
        self._server.close()
        for connection in list(self._connections):
            connection.close_when_idle()
        if self._connections:
            self._empty.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._empty.wait()
        for connection in list(self._connections):
            connection.abort()

    def _connect(self) -> asyncio.Protocol:
        if len(self._connections) >= MAX_CONNECTIONS:
            return _TurnedAway()
        return Connection(self._application, self._welcome, self._forget)

    def _welcome(self, connection: Connection) -> None:
        self._connections.add(connection)
        if not self._server.is_serving():  # it came while the door was closing
            connection.close_when_idle()

    def _forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def _cut_off_slow(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in list(self._connections):
            if connection.receiving_since is not None and loop.time() - connection.receiving_since > REQUEST_SECONDS:
                connection.abort()
        self._sweep = loop.call_later(SWEEP_SECONDS, self._cut_off_slow)


def _remedy(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "no address is known for that host; write one of this machine's after --listen"
    match error.errno:
        case errno.EADDRINUSE:
            return "end what holds the port, or choose another with --listen"
        case errno.EADDRNOTAVAIL:
            return "the address is not this machine's; write one that is after --listen"
        case errno.EACCES:
            return "choose a port from 1024 with --listen"
        case _:
            return "choose another address with --listen"


class _TurnedAway(asyncio.Protocol):
    """One client too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.abort()  # type: ignore[attr-defined]
