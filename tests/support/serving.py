"""An ingress over a broker whose answers a test decides, behind a transport without a socket."""

import asyncio
from collections.abc import Callable

from mesh.broker.broker_class import KAFKA, BrokerClass
from mesh.clients import Clients
from mesh.clock import SystemClock
from mesh.event import Event
from mesh.receiver.ingress import Ingress
from mesh.receiver.protocol import Connection
from mesh.receiver.room import Room

ROOM_BYTES = 16 * 1024 * 1024
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
EVENT = b"ce-specversion: 1.0\r\nce-id: e-1\r\nce-source: /app\r\nce-type: ride\r\n"
CHUNKED = b"POST /cabs/default HTTP/1.1\r\ntransfer-encoding: chunked\r\n" + EVENT + b"\r\n"


def post(body: bytes = b"", headers: bytes = b"", target: bytes = b"/cabs/default", head: bytes = EVENT) -> bytes:
    """A binary event as a client writes it."""
    length = b"content-length: %d\r\n" % len(body)
    return b"POST " + target + b" HTTP/1.1\r\nhost: mesh\r\n" + length + head + headers + b"\r\n" + body


def refusal(status: bytes, *, close: bool = True) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n" + (b"connection: close\r\n" if close else b"") + b"\r\n"


class Inlet:
    """Implements `mesh.receiver.ingress.Inlet`: stores at once, or when the test settles what is `pending`."""

    broker_class: BrokerClass = KAFKA

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.pending: list[asyncio.Future[bool]] = []
        self.at_once = True

    def publish(self, event: Event, then: Callable[[bool], None]) -> None:
        self.events.append(event)
        if self.at_once:
            then(True)
            return
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        stored.add_done_callback(lambda done: then(done.result()))
        self.pending.append(stored)


class Transport(asyncio.Transport):
    """Remembers what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.state = "open"  # half closed, closed, aborted
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert self.state == "open", "nothing is written to what is closed"
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.state = "half closed"

    def close(self) -> None:
        self.state = "closed"

    def is_closing(self) -> bool:
        return self.state in ("closed", "aborted")

    def abort(self) -> None:
        self.state = "aborted"

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Client:
    """One connection to an ingress: what is sent arrives at once, what is answered is in `answers`."""

    def __init__(self, inlet: Inlet, room_bytes: int = ROOM_BYTES) -> None:
        self.ingress = Ingress({"cabs/default": inlet}, SystemClock())
        self.transport = Transport()
        self.room = Room(room_bytes)
        self.clients: Clients[Connection] = Clients(1)
        self.connection = Connection(self.ingress, self.clients, self.room)
        self.connection.connection_made(self.transport)

    async def send(self, *pieces: bytes) -> bytes:
        """Send in these pieces; answer what came back to all of them."""
        before = len(self.transport.written)
        for piece in pieces:
            self.connection.data_received(piece)
        for _ in range(5):
            await asyncio.sleep(0)
        return self.transport.written[before:]

    @property
    def gone(self) -> bool:
        return not self.clients
