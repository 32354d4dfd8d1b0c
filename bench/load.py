"""The load maker: events over so many connections, each one's next event as soon as the last is answered.

`python bench/load.py` in a process of its own; its order comes as JSON on standard input, what it saw goes to standard
output. It speaks HTTP, and NATS for JetStream, so that every row of a table has the same one.
"""

import asyncio
import sys
import time
import uuid
from collections.abc import Callable

import httptools
import msgspec
import uvloop

WARM_UP = 0.2  # of the time, before it counts


class Order(msgspec.Struct, kw_only=True):
    """`head` is a request up to its body, `%s` standing for what makes each event a new one; for NATS, a subject."""

    port: int
    head: str
    body: str = "{}"
    protocol: str = "http"
    connections: int = 64
    seconds: float


class Seen(msgspec.Struct, kw_only=True):
    """Latencies in milliseconds; CPU in microseconds an event, of the load maker itself."""

    answered: int
    refused: int
    seconds: float
    p50: float
    p99: float
    maker_cpu: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


class Load:
    """What all connections share; only answers between `begin` and `end` count."""

    def __init__(self, order: Order) -> None:
        self.head = order.head
        self.rest = f"content-length: {len(order.body)}\r\n\r\n{order.body}".encode()
        self.body = order.body.encode()
        self.counting = False
        self.over = False
        self.taken: list[float] = []
        self.refused = 0
        self._run = uuid.uuid4().hex[:12]
        self._sent = 0

    def event_id(self) -> str:
        self._sent += 1
        return f"{self._run}-{self._sent}"

    def answered(self, began: float, *, ok: bool) -> None:
        if self.counting:
            self.taken.append(time.perf_counter() - began)
            self.refused += not ok


class Connection(asyncio.Protocol):
    """One client over HTTP."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._load.answered(self._began, ok=self._parser.get_status_code() < 300)
        self.next()

    def next(self) -> None:
        if not self._load.over:
            self.send()

    def send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write((self._load.head % self._load.event_id()).encode() + self._load.rest)


class NatsConnection(asyncio.Protocol):
    """One client of JetStream: publishes with an inbox for the stream's acknowledgement."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._inbox = f"_INBOX.{uuid.uuid4().hex}"
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        transport.write(f'CONNECT {{"verbose":false}}\r\nSUB {self._inbox} 1\r\n'.encode())  # type: ignore[attr-defined]
        self.send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while message := self._next():
            if message.startswith(b"PING"):
                self._transport.write(b"PONG\r\n")
            elif message.startswith(b"MSG"):
                self._load.answered(self._began, ok=b'"seq"' in message)
                if not self._load.over:
                    self.send()

    def send(self) -> None:
        self._began = time.perf_counter()
        body = self._load.event_id().encode() + self._load.body
        self._transport.write(f"PUB {self._load.head} {self._inbox} {len(body)}\r\n".encode() + body + b"\r\n")

    def _next(self) -> bytes:
        """Take one whole message off what was received; a MSG is its line and as many bytes as that says."""
        line, end, rest = self._received.partition(b"\r\n")
        if not end:
            return b""
        size = int(line.rpartition(b" ")[2]) + 2 if line.startswith(b"MSG") else 0
        if len(rest) < size:
            return b""
        self._received = rest[size:]
        return line + rest[:size]


async def make(order: Order) -> Seen:
    loop, load = asyncio.get_running_loop(), Load(order)
    kind: Callable[[Load], asyncio.Protocol] = NatsConnection if order.protocol == "nats" else Connection
    opened = [
        await loop.create_connection(lambda: kind(load), "127.0.0.1", order.port) for _ in range(order.connections)
    ]
    await asyncio.sleep(WARM_UP * order.seconds)
    load.counting, began, cpu = True, time.perf_counter(), time.process_time()
    await asyncio.sleep(order.seconds)
    load.counting, seconds, used = False, time.perf_counter() - began, time.process_time() - cpu
    load.over = True
    await asyncio.sleep(0.1)
    for transport, _ in opened:
        transport.close()
    return seen(load, seconds, used)


def seen(load: Load, seconds: float, cpu_seconds: float) -> Seen:
    taken = sorted(load.taken) or [0.0]
    return Seen(
        answered=len(load.taken),
        refused=load.refused,
        seconds=seconds,
        p50=taken[len(taken) // 2] * 1000,
        p99=taken[len(taken) * 99 // 100] * 1000,
        maker_cpu=cpu_seconds / len(taken) * 1e6,
    )


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(make(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))).decode())
