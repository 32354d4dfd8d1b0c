"""The ingress on a real loopback socket: where it listens, slow and silent clients, and how it stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mesh.clock import SystemClock
from mesh.listening import bound
from mesh.options import Address
from mesh.receiver import listener as module
from mesh.receiver.ingress import Ingress
from mesh.receiver.listener import Listener
from support.clock import until
from support.serving import ACCEPTED, Inlet, post, refusal


@pytest.fixture
async def listener(inlet: Inlet) -> AsyncIterator[Listener]:
    with bound(Address("127.0.0.1", 0), "--listen") as sockets:
        opened = Listener(Ingress({"cabs/default": inlet}, SystemClock()), sockets)
        await opened.start()
        yield opened
        await opened.stop(0.0)


@asynccontextmanager
async def connected(listener: Listener) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = listener.url.removeprefix("http://").partition(":")
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, int(port))
        yield reader, writer
        writer.close()


async def test_port_0_becomes_a_port_that_answers(listener: Listener) -> None:
    async with connected(listener) as (reader, writer):
        writer.write(post())
        assert await reader.readexactly(len(ACCEPTED)) == ACCEPTED


async def test_one_who_is_still_sending_too_much_can_read_the_refusal(listener: Listener) -> None:
    async with connected(listener) as (reader, writer):
        writer.write(post(b"x" * 4_000_000))
        await writer.drain()
        assert await reader.read() == refusal(b"503 Service Unavailable")


async def test_one_who_half_closes_gets_the_answer(listener: Listener, inlet: Inlet) -> None:
    inlet.at_once = False
    async with connected(listener) as (reader, writer):
        writer.write(post())
        writer.write_eof()
        await until(lambda: bool(inlet.pending))
        inlet.pending[0].set_result(True)
        assert await reader.read() == refusal(b"202 Accepted")


async def test_one_who_never_reads_delays_nobody(listener: Listener) -> None:
    async with connected(listener) as (_, silent), connected(listener) as (reader, writer):
        silent.transport.pause_reading()  # type: ignore[attr-defined]
        silent.write(post() * 50_000)
        writer.write(post())
        assert await reader.readexactly(len(ACCEPTED)) == ACCEPTED
        silent.transport.abort()


async def test_one_who_takes_too_long_is_cut_off(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", -1.0)
    async with connected(listener) as (slow, slow_writer), connected(listener) as (idle, idle_writer):
        slow_writer.write(post()[:40])
        idle_writer.write(post())
        assert await idle.readexactly(len(ACCEPTED)) == ACCEPTED
        listener._cut_off_slow()
        assert await ended(slow)
        idle_writer.write(post())
        assert await idle.readexactly(len(ACCEPTED)) == ACCEPTED


async def test_stopping_answers_what_is_under_way_and_closes_the_rest(listener: Listener, inlet: Inlet) -> None:
    inlet.at_once = False
    async with connected(listener) as (busy, busy_writer), connected(listener) as (idle, idle_writer):
        idle_writer.write(post()[:30])
        busy_writer.write(post())
        await until(lambda: bool(inlet.pending))
        stopping = asyncio.create_task(listener.stop(within=10))
        assert await idle.read() == b""
        assert not stopping.done()
        inlet.pending[0].set_result(True)
        assert await busy.read() == refusal(b"202 Accepted")
        await stopping
    with pytest.raises(OSError, match="Connect"):
        async with connected(listener):
            pass


async def test_stopping_waits_no_longer_than_it_may(listener: Listener, inlet: Inlet) -> None:
    inlet.at_once = False
    async with connected(listener) as (reader, writer):
        writer.write(post())
        await until(lambda: bool(inlet.pending))
        await listener.stop(within=0.0)
        assert await ended(reader)


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether the other side ended the connection without a word."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True
