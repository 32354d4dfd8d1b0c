"""The clients of a socket: so many at once, and the one that has been quiet the longest gives way to a further one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar, cast

TURNED_AWAY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Client(Protocol):
    def abort(self) -> None: ...


Known = TypeVar("Known", bound=Client)


class Clients(Generic[Known]):
    """Quiet is who is owed no answer: idle, or not done with sending a request."""

    def __init__(self, at_most: int) -> None:
        self.closing = False  # whoever comes now came while the door was being closed
        self._at_most = at_most
        self._all: set[Known] = set()
        self._quiet: dict[Known, None] = {}  # the one that has been quiet the longest comes first
        self._empty = asyncio.Event()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Known]:
        return iter(list(self._all))

    def came(self, client: Known) -> bool:
        """Take it in, which ends a quiet one when all places are taken; False when nobody is quiet."""
        if len(self._all) >= self._at_most and not self._make_room():
            return False
        self._all.add(client)
        self._quiet[client] = None
        return True

    def gone(self, client: Known) -> None:
        self._all.discard(client)
        self._quiet.pop(client, None)
        if not self._all:
            self._empty.set()

    async def until_gone(self, within: float) -> None:
        """Return when nobody is here, after `within` seconds at most."""
        self._empty.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._all:
                    await self._empty.wait()

    def busy(self, client: Known) -> None:
        self._quiet.pop(client, None)

    def quiet(self, client: Known) -> None:
        if client in self._all:
            self._quiet.pop(client, None)
            self._quiet[client] = None

    @contextmanager
    def serving(self, client: Known | None) -> Iterator[None]:
        """Keep it while a request of it is worked on; None is one that has gone already."""
        if client is None:
            yield
            return
        self.busy(client)
        try:
            yield
        finally:
            self.quiet(client)

    def _make_room(self) -> bool:
        longest = next(iter(self._quiet), None)
        if longest is None:
            return False
        self.gone(longest)
        longest.abort()
        return True


def turn_away(transport: asyncio.BaseTransport) -> None:
    """Tell one client too many so, and end it."""
    of_stream = cast("asyncio.Transport", transport)
    of_stream.write(TURNED_AWAY)
    of_stream.close()


class Door(asyncio.Protocol):
    """Stands before a protocol of another's making, which no more clients reach than may; known by their transports."""

    def __init__(self, protocol: asyncio.Protocol, clients: Clients[asyncio.Transport]) -> None:
        self._behind = protocol
        self._clients = clients
        self._admitted: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        of_stream = cast("asyncio.Transport", transport)
        if self._clients.came(of_stream):
            self._admitted = of_stream
            self._behind.connection_made(transport)
        else:
            turn_away(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._admitted is not None:
            self._clients.gone(self._admitted)
            self._behind.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._admitted is not None:
            self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        return self._behind.eof_received() if self._admitted is not None else False

    def pause_writing(self) -> None:
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        self._behind.resume_writing()
