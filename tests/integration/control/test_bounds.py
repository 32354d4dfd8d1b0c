"""The console's bounds on real sockets: many clients, slow ones, and followers that read nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from mesh.clients import TURNED_AWAY
from mesh.control import api, streaming
from mesh.control.api import serving
from mesh.control.shapes import Change
from mesh.listening import Bound, bound
from mesh.options import Address
from support.clock import settle, until
from support.operations import InMemoryOperations

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Chatty(InMemoryOperations):
    """Has always something more to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    async def watch(self) -> AsyncIterator[Change]:
        try:
            while True:
                self.told += 1
                yield Change(at="2026-08-01T12:00:00Z", what="accepted", detail="x" * 10_000)
        finally:
            self.closed_streams += 1


@asynccontextmanager
async def console(operations: InMemoryOperations) -> AsyncIterator[Bound]:
    with bound(Address("127.0.0.1", 0), "--console") as sockets:
        async with serving(operations, sockets, "127.0.0.1"):
            yield sockets


@asynccontextmanager
async def asking(opened: Bound, method: str, path: str, body: bytes = b"", **headers: str) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
    lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{opened.port}", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    try:
        async with asyncio.timeout(20):
            yield reader, writer
    finally:
        writer.transport.abort()


async def status_line(client: Client) -> bytes:
    return (await client[0].readuntil(b"\r\n")).removesuffix(b"\r\n")


async def test_idle_clients_give_way_and_followers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_CONNECTIONS", 3)
    operations = InMemoryOperations()
    operations.stays_open = True
    async with console(operations) as opened, AsyncExitStack() as stack:
        following = await stack.enter_async_context(asking(opened, "GET", "/events"))
        assert await status_line(following) == b"HTTP/1.1 200 OK"
        for _ in range(5):
            idle = await stack.enter_async_context(asking(opened, "GET", "/status"))
            assert await status_line(idle) == b"HTTP/1.1 200 OK"
        await settle()
        assert not following[0]._eof  # type: ignore[attr-defined]


async def test_when_all_places_are_followers_one_more_is_told_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_CONNECTIONS", 2)
    operations = InMemoryOperations()
    operations.stays_open = True
    async with console(operations) as opened, AsyncExitStack() as stack:
        for _ in range(2):
            following = await stack.enter_async_context(asking(opened, "GET", "/events"))
            assert await status_line(following) == b"HTTP/1.1 200 OK"
        async with asking(opened, "GET", "/status") as (reader, _):
            assert await reader.read() == TURNED_AWAY


async def test_a_follower_that_reads_nothing_is_told_no_more_and_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "UNREAD_SECONDS", 0.2)
    operations = Chatty()
    async with console(operations) as opened, asking(opened, "GET", "/events") as (_, silent):
        silent.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: operations.closed_streams == 1)
        told = operations.told
        async with asking(opened, "GET", "/status") as other:
            assert await status_line(other) == b"HTTP/1.1 200 OK"
        assert operations.told == told


async def test_a_body_that_does_not_come_whole_is_answered_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "REQUEST_SECONDS", 0.2)
    length = {"content-length": "20"}
    async with (
        console(InMemoryOperations()) as opened,
        asking(opened, "POST", "/faults", b"{", **length) as (reader, _),
    ):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 408 ")
        assert "did not come whole" in json.loads(await reader.readuntil(b"}"))["error"]


async def test_a_head_that_does_not_come_whole_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "REQUEST_SECONDS", 0.2)
    async with console(InMemoryOperations()) as opened:
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
        writer.write(b"GET /status HTTP/1.1\r\nhost: 127")
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/events", "evil.example"),
        ("/functions/invoice/logs?follow=true", "evil.example:{port}"),
        ("http://evil.example/events", "127.0.0.1:{port}"),
        ("http://evil.example:{port}/status", "127.0.0.1:{port}"),
    ],
)
async def test_a_name_that_points_here_reaches_no_stream_and_no_page(target: str, host: str) -> None:
    async with console(InMemoryOperations()) as opened:
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
        lines = f"GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        writer.write(lines.format(port=opened.port).encode())
        async with asyncio.timeout(20):
            assert (await reader.read()).startswith(b"HTTP/1.1 403 ")
        writer.close()
