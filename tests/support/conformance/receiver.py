"""Where a broker delivers to: a server that answers as it is told, path by path, and remembers what it was sent."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

import httptools

WAIT_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a place answers; `hang` answers never, `drop` breaks the connection."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0  # seconds
    hang: bool = False
    drop: bool = False

    def written(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} As told", *(f"{name}: {value}" for name, value in self.headers)]
        if self.status not in (204, 304):
            lines.append(f"content-length: {len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True, slots=True)
class Received:
    """A request, as it came."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    at: float  # time.monotonic()

    def raw(self, name: str) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name.lower().encode()), None)

    def header(self, name: str) -> str | None:
        value = self.raw(name)
        return None if value is None else value.decode("latin-1")

    @property
    def id(self) -> str | None:
        return self.header("ce-id")


@dataclass
class Place:
    """One path of the receiver; the last of its replies is given to all further requests."""

    replies: deque[Reply] = field(default_factory=lambda: deque([Reply()]))
    by_id: dict[str, deque[Reply]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def answers(self, *replies: Reply, to: str | None = None) -> None:
        """Answer so; `to` names one event's id."""
        if to is None:
            self.replies = deque(replies)
        else:
            self.by_id[to] = deque(replies)

    def take(self, request: Received) -> Reply:
        self.received.append(request)
        self.came.set()
        replies = self.by_id.get(request.id or "", self.replies)
        return replies.popleft() if len(replies) > 1 else replies[0]

    async def reached(self, count: int = 1, within: float = WAIT_SECONDS) -> list[Received]:
        """Wait until that many requests have come."""
        async with asyncio.timeout(within):
            while len(self.received) < count:
                self.came.clear()
                await self.came.wait()
        return self.received

    async def first(self) -> Received:
        return (await self.reached())[0]


class Receiver:
    """Places by path; one that nobody made answers 200, too."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.connections: set[asyncio.Transport] = set()

    def place(self, path: str) -> Place:
        return self.places.setdefault(path, Place())

    async def listen(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(lambda: _Connection(self), host, port)

    async def close(self, server: asyncio.Server) -> None:
        server.close()
        for connection in list(self.connections):
            connection.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._receiver.connections.add(self._transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._receiver.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method, target = self._parser.get_method().decode(), self._target.decode("latin-1")
        request = Received(method, target, self._headers, self._body, time.monotonic())
        reply = self._receiver.place(target.partition("?")[0]).take(request)
        task = asyncio.ensure_future(self._give(reply))
        self._receiver.tasks.add(task)
        task.add_done_callback(self._receiver.tasks.discard)

    async def _give(self, reply: Reply) -> None:
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.drop:
            self._transport.abort()
        elif not reply.hang and not self._transport.is_closing():
            self._transport.write(reply.written())
