"""The ingress' bounds on real sockets: what is too much is refused as its class does, and the others are served."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import pytest

from mesh.broker.broker_class import KAFKA, MT, BrokerClass
from mesh.clients import TURNED_AWAY
from mesh.clock import SystemClock
from mesh.listening import bound
from mesh.options import Address
from mesh.process import raise_open_files
from mesh.receiver import listener as module
from mesh.receiver.ingress import Ingress
from mesh.receiver.listener import Listener
from support.clock import until
from support.serving import ACCEPTED, Inlet, post

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
STATUS_LINE = {KAFKA: b"HTTP/1.1 503 Service Unavailable\r\n", MT: b"HTTP/1.1 500 Internal Server Error\r\n"}


@pytest.fixture
def inlet() -> Inlet:
    return Inlet()


@asynccontextmanager
async def listening(inlet: Inlet, at_most: int = 100) -> AsyncIterator[Listener]:
    with bound(Address("127.0.0.1", 0), "--listen") as sockets:
        sockets.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that little is unread
        opened = Listener(Ingress({"cabs/default": inlet}, SystemClock()), sockets, at_most)
        await opened.start()
        yield opened
        await opened.stop(0.0)


@asynccontextmanager
async def connected(listener: Listener) -> AsyncIterator[Client]:
    host, _, port = listener.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def accepted(client: Client) -> None:
    reader, writer = client
    writer.write(post())
    async with asyncio.timeout(10):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")


@contextmanager
def crowd(listener: Listener, number: int) -> Iterator[None]:
    """So many connections of one client, none of which sends a word."""
    host, _, port = listener.url.removeprefix("http://").partition(":")
    opened = []
    try:
        for _ in range(number):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((host, int(port)))
            opened.append(one)
        yield
    finally:
        for one in opened:
            one.close()


async def test_one_who_opens_two_thousand_connections_keeps_nobody_out(inlet: Inlet) -> None:
    raise_open_files()
    inlet.at_once = False
    async with listening(inlet, at_most=500) as listener, connected(listener) as waiting:
        waiting[1].write(post())
        await until(lambda: bool(inlet.pending))
        with crowd(listener, 2000):
            await until(lambda: len(listener._clients) == 500)
            async with connected(listener) as later:
                later[1].write(post())
                await until(lambda: len(inlet.pending) == 2)
                for stored in inlet.pending:
                    stored.set_result(True)
                for reader, _ in (waiting, later):
                    assert await reader.readexactly(len(ACCEPTED)) == ACCEPTED
        assert len(listener._clients) <= 500


async def test_when_all_places_wait_for_answers_one_more_is_told_503_and_ended(inlet: Inlet) -> None:
    inlet.at_once = False
    async with listening(inlet, at_most=2) as listener, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(listener)) for _ in range(2)]
        for _, writer in clients:
            writer.write(post())
        await until(lambda: len(inlet.pending) == 2)
        async with connected(listener) as (reader, _):
            assert await reader.read() == TURNED_AWAY
        for stored in inlet.pending:
            stored.set_result(True)
        for reader, _ in clients:
            assert await reader.readexactly(len(ACCEPTED)) == ACCEPTED


@pytest.mark.parametrize("broker_class", [KAFKA, MT], ids=lambda one: one.name)
async def test_more_than_may_be_in_hand_at_once_is_not_stored_and_does_not_stay_in_memory(
    inlet: Inlet, broker_class: BrokerClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_IN_HAND_BYTES", 300_000)
    inlet.at_once, inlet.broker_class = False, broker_class
    async with listening(inlet) as listener, AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(connected(listener)) for _ in range(2)]
        for _, writer in waiting:
            writer.write(post(b"x" * 100_000))
        await until(lambda: len(inlet.pending) == 2)
        async with connected(listener) as (reader, writer):
            writer.write(post(b"x" * 100_000))
            assert (await reader.readuntil(b"\r\n")) == STATUS_LINE[broker_class]
        inlet.at_once = True
        async with connected(listener) as small:
            await accepted(small)
        for stored in inlet.pending:
            stored.set_result(True)
        await until(lambda: listener._room.free_bytes == 300_000)
        assert len(inlet.events) == 3


async def test_one_who_breaks_off_midway_gives_back_what_was_held(
    inlet: Inlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_IN_HAND_BYTES", 300_000)
    async with listening(inlet) as listener:
        async with connected(listener) as (_, writer):
            writer.write(post(b"x" * 200_000)[:-1])
            await until(lambda: listener._room.free_bytes < 110_000)
        await until(lambda: listener._room.free_bytes == 300_000)


async def test_one_who_never_reads_is_not_read_from_either_while_others_are_served(inlet: Inlet) -> None:
    async with listening(inlet) as listener, connected(listener) as (_, silent), connected(listener) as other:
        silent.transport.pause_reading()  # type: ignore[attr-defined]
        silent.write(post() * 20_000)
        taken = await no_more(inlet)  # the kernel's buffers grow for a while
        await accepted(other)
        assert 0 < taken < 20_000
        assert len(inlet.events) == taken + 1


async def no_more(inlet: Inlet) -> int:
    """Wait until nothing comes for a while, and tell how much there is."""
    before = -1
    while before < len(inlet.events):
        before = len(inlet.events)
        await asyncio.sleep(0.5)
    return before


async def test_requests_that_come_byte_by_byte_hold_up_nobody(inlet: Inlet) -> None:
    async with listening(inlet) as listener, AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(connected(listener)) for _ in range(50)]
        for at in range(40):
            for _, writer in slow:
                writer.write(post()[at : at + 1])
        async with connected(listener) as other:
            await accepted(other)
        assert len(inlet.events) == 1
