"""The mesh's other ends in one process of their own: a producer, and the sink to which the triggers lead.

`python bench/far_end.py` says the sink's port, then takes orders, a JSON line each, and answers with what it saw.
"""

import asyncio
import sys
import time
from collections import deque

import httptools
import msgspec
import uvloop
from load import WARM_UP, Connection, Load
from load import Order as LoadOrder

DRAIN_SECONDS = 30.0
TICK_SECONDS = 0.002
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Order(LoadOrder, kw_only=True):
    """`outstanding` events at most are on their way; with a `rate` (events a second) they are sent by the clock."""

    triggers: int = 1
    outstanding: int = 200
    rate: float | None = None


class Seen(msgspec.Struct, kw_only=True):
    """`delivered` counts deliveries; latencies in milliseconds, from before the event is sent until it is here."""

    sent: int
    delivered: int
    refused: int
    lost: int
    seconds: float
    p50: float
    p99: float


class Course(Load):
    """One order's course: what was sent and what has come."""

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self._order = order
        self._waiting: deque[Connection] = deque()
        self._sent_at: dict[bytes, float] = {}
        self._to_come: dict[bytes, int] = {}
        self.sent = 0
        self.delivered = 0
        self.latencies: list[float] = []

    @property
    def outstanding(self) -> int:
        return len(self._to_come)

    def event_id(self) -> str:
        named = super().event_id()
        key = named.encode()
        self._sent_at[key] = time.perf_counter()
        self._to_come[key] = self._order.triggers
        self.sent += self.counting
        return named

    def may_send(self) -> bool:
        return self._order.rate is None and not self.over and self.outstanding < self._order.outstanding

    def park(self, connection: Connection) -> None:
        self._waiting.append(connection)

    def wake(self) -> bool:
        """Let one that waits send; answer whether there was one."""
        if self._waiting:
            self._waiting.popleft().send()
            return True
        return False

    def arrived(self, key: bytes) -> None:
        """Take note of a delivery; a repeat, or one of an earlier order, is none."""
        left = self._to_come.get(key, 0)
        if not left:
            return
        if self.counting:
            self.delivered += 1
            self.latencies.append(time.perf_counter() - self._sent_at[key])
        if left > 1:
            self._to_come[key] = left - 1
            return
        del self._to_come[key], self._sent_at[key]
        if self.may_send():
            self.wake()


class Producer(Connection):
    """Sends when the course allows it, else waits until it does."""

    def __init__(self, course: Course) -> None:
        super().__init__(course)
        self._course = course

    def next(self) -> None:
        if self._course.may_send():
            self.send()
        else:
            self._course.park(self)


class Sink(asyncio.Protocol):
    """One connection from the mesh."""

    def __init__(self, far_end: "FarEnd") -> None:
        self._far_end = far_end
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._key = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"ce-id":
            self._key = value

    def on_message_complete(self) -> None:
        self._transport.write(ANSWER)
        if self._far_end.course is not None:
            self._far_end.course.arrived(self._key)


class FarEnd:
    course: Course | None = None

    async def run(self, order: Order) -> Seen:
        loop, course = asyncio.get_running_loop(), Course(order)
        self.course = course
        opened = [
            await loop.create_connection(lambda: Producer(course), "127.0.0.1", order.port)
            for _ in range(order.connections)
        ]
        pacing = asyncio.create_task(pace(course, order.rate)) if order.rate else None
        await asyncio.sleep(WARM_UP * order.seconds)
        course.counting, began = True, time.perf_counter()
        await asyncio.sleep(order.seconds)
        course.counting, seconds = False, time.perf_counter() - began
        course.over = True
        if pacing:
            pacing.cancel()
        await drained(course)
        for transport, _ in opened:
            transport.close()
        return seen(course, seconds)


async def pace(course: Course, rate: float) -> None:
    """Send by the clock; what no connection is free for is sent as soon as one is."""
    began, sent = time.perf_counter(), 0
    while True:
        due = int((time.perf_counter() - began) * rate)
        while sent < due and course.wake():
            sent += 1
        await asyncio.sleep(TICK_SECONDS)


async def drained(course: Course) -> None:
    deadline = time.perf_counter() + DRAIN_SECONDS
    while course.outstanding and time.perf_counter() < deadline:  # noqa: ASYNC110 - the other side is a process
        await asyncio.sleep(0.01)


def seen(course: Course, seconds: float) -> Seen:
    taken = sorted(course.latencies) or [0.0]
    return Seen(
        sent=course.sent,
        delivered=course.delivered,
        refused=course.refused,
        lost=course.outstanding,
        seconds=seconds,
        p50=taken[len(taken) // 2] * 1000,
        p99=taken[len(taken) * 99 // 100] * 1000,
    )


async def main() -> None:
    far_end, loop = FarEnd(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(far_end), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        found = await far_end.run(msgspec.json.decode(line, type=Order))
        print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
