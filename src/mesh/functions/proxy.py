"""A function's own URL: a small reverse proxy that holds requests while the function has no replica."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from mesh.clients import Clients, Door
from mesh.errors import StartFailed
from mesh.listening import BACKLOG

# Of one connection, not of the message (RFC 9110, 7.6.1)
HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
}  # fmt: skip
WITHIN_SECONDS = 300.0  # Knative Serving's default for a revision; covers one who does not read the answer, too
MAX_CONNECTIONS = 1024  # of all functions together
IDLE_SECONDS = 60.0  # without a whole request's head
CHUNK = 65536  # bytes
ADDED_BY_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


Visitors = Clients[asyncio.Transport]


class Lender(Protocol):
    def replica(self) -> AbstractAsyncContextManager[str]: ...


class Proxy:
    """Passes one function's requests on: method, target, headers and body as they are."""

    def __init__(self, name: str, lender: Lender, client: aiohttp.ClientSession, clients: Visitors) -> None:
        self._name = name
        self._lender = lender
        self._client = client
        self.clients = clients

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        with self.clients.serving(request.transport):
            return await self._answer(request)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        try:
            async with (
                asyncio.timeout(WITHIN_SECONDS),
                self._lender.replica() as base,
                self._pass_on(base, request) as given,
            ):
                response = web.StreamResponse(
                    status=given.status, reason=given.reason, headers=end_to_end(given.raw_headers)
                )
                await response.prepare(request)
                async for chunk in given.content.iter_chunked(CHUNK):
                    await response.write(chunk)
        except StartFailed as error:
            return web.Response(status=503, text=f"{error}\n")
        except (aiohttp.ClientError, TimeoutError) as error:
            if response is not None:  # part of the answer is out: cutting it off is the only honest end
                raise ConnectionResetError from error
            return web.Response(status=502, text=f"function {self._name} gave no answer: {error!r}\n")
        await response.write_eof()
        return response

    def _pass_on(self, base: str, request: web.BaseRequest) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._client.request(
            request.method,
            URL(base + request.raw_path, encoded=True),
            headers=end_to_end(request.raw_headers),
            data=request.content if request.body_exists else None,
            skip_auto_headers=ADDED_BY_AIOHTTP,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(),
        )


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Written as UTF-8 again, so valid UTF-8 passes byte by byte."""
    return [(text(name), text(value)) for name, value in headers if name.lower() not in HOP_BY_HOP]


def text(raw: bytes) -> str:
    return raw.decode(errors="replace")


@asynccontextmanager
async def serving(proxy: Proxy, listening: socket.socket) -> AsyncIterator[None]:
    """Serve on that socket."""
    server = web.Server(proxy.answer, handler_cancellation=True, access_log=None, keepalive_timeout=IDLE_SECONDS)
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    loop = asyncio.get_running_loop()
    listens = await loop.create_server(lambda: Door(server(), proxy.clients), sock=listening, backlog=BACKLOG)
    try:
        yield
    finally:
        listens.close()
        async with asyncio.timeout(5):
            await runner.cleanup()
