"""The ingress' server: bounds the number of clients and what they send at once, drains on the way out."""

import asyncio

from mesh.clients import Clients
from mesh.listening import BACKLOG, Bound
from mesh.receiver.exchange import Application
from mesh.receiver.protocol import Connection
from mesh.receiver.room import Room

MAX_CONNECTIONS = 4096
MAX_IN_HAND_BYTES = 256 * 1024 * 1024  # of all requests that came, in part or whole, and are not answered
REQUEST_SECONDS = 60.0  # a request that takes longer to arrive is cut off
SWEEP_SECONDS = 5.0


class Listener:
    """Serves one application on sockets that listen already."""

    def __init__(self, application: Application, bound: Bound, max_connections: int = MAX_CONNECTIONS) -> None:
        self._application = application
        self._bound = bound
        self._clients: Clients[Connection] = Clients(max_connections)
        self._room = Room(MAX_IN_HAND_BYTES)
        self._servers: list[asyncio.Server] = []
        self._sweep: asyncio.TimerHandle

    @property
    def url(self) -> str:
        return self._bound.url

    async def start(self) -> None:
        """Accept clients from now on."""
        loop = asyncio.get_running_loop()
        self._servers = [
            await loop.create_server(self._connect, sock=one, backlog=BACKLOG) for one in self._bound.sockets
        ]
        self._sweep = loop.call_later(SWEEP_SECONDS, self._cut_off_slow)

    async def stop(self, within: float) -> None:
        """Refuse new clients, answer what came in whole, close; at most `within` seconds."""
        self._sweep.cancel()
        self._clients.closing = True
        for server in self._servers:
            server.close()
        for connection in self._clients:
            connection.close_when_idle()
        await self._clients.until_gone(within)
        for connection in self._clients:
            connection.abort()

    def _connect(self) -> asyncio.Protocol:
        return Connection(self._application, self._clients, self._room)

    def _cut_off_slow(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in self._clients:
            if connection.receiving_since is not None and loop.time() - connection.receiving_since > REQUEST_SECONDS:
                connection.abort()
        self._sweep = loop.call_later(SWEEP_SECONDS, self._cut_off_slow)
