"""A function's own URL: clients that do not read or do not go keep no replica and no place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from mesh.clients import TURNED_AWAY, Clients
from mesh.functions import proxy as module
from mesh.functions.hosting import proxying_client
from mesh.functions.proxy import Proxy, serving
from mesh.listening import bound
from mesh.options import Address
from support.clock import until


class Replica:
    """A server that says a gigabyte to `/endless`, nothing to `/held`, and `ok` to everything else."""

    def __init__(self) -> None:
        self.url = ""
        self.lent = 0

    @asynccontextmanager
    async def replica(self) -> AsyncIterator[str]:
        self.lent += 1
        try:
            yield self.url
        finally:
            self.lent -= 1

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/held":
            await asyncio.Event().wait()
        if request.path != "/endless":
            return web.Response(text="ok")
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 1_000_000)
        return response


@pytest.fixture
async def replica() -> AsyncIterator[Replica]:
    made = Replica()
    runner = web.ServerRunner(web.Server(made.answer, handler_cancellation=True), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@asynccontextmanager
async def proxied(replica: Replica, at_most: int) -> AsyncIterator[int]:
    with bound(Address("127.0.0.1", 0), "") as opened:
        async with (
            proxying_client() as client,
            serving(Proxy("invoice", replica, client, Clients(at_most)), opened.sockets[0]),
        ):
            yield opened.port


async def asking(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: invoice\r\n\r\n".encode())
    return reader, writer


async def answered(port: int) -> str:
    within, url = aiohttp.ClientTimeout(total=20), f"http://127.0.0.1:{port}/"
    async with aiohttp.ClientSession(timeout=within) as client, client.get(url) as answer:
        return await answer.text()


async def test_one_who_does_not_read_the_answer_gives_the_replica_back(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN_SECONDS", 0.3)
    async with proxied(replica, at_most=10) as port:
        _, silent = await asking(port, "/endless")
        silent.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: replica.lent == 1)
        assert await answered(port) == "ok"
        await until(lambda: replica.lent == 0)
        silent.transport.abort()


async def test_idle_clients_give_way_and_those_that_wait_for_an_answer_stay(replica: Replica) -> None:
    async with proxied(replica, at_most=2) as port:
        _, held = await asking(port, "/held")
        await until(lambda: replica.lent == 1)
        for _ in range(3):
            assert await answered(port) == "ok"
        _, other = await asking(port, "/held")
        await until(lambda: replica.lent == 2)
        turned_away, third = await asking(port, "/")
        assert await turned_away.read() == TURNED_AWAY
        for writer in (held, other, third):
            writer.transport.abort()
