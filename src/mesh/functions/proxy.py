"""A function's own URL: a small reverse proxy that holds requests while the function has no replica."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from mesh.errors import StartFailed

# Of one connection, not of the message (RFC 9110, 7.6.1)
HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
}  # fmt: skip
WITHIN_SECONDS = 300.0  # Knative Serving's default for a revision
CHUNK = 65536  # bytes
ADDED_BY_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Lender(Protocol):
    def replica(self) -> AbstractAsyncContextManager[str]: ...


class Proxy:
    """Passes one function's requests on: method, target, headers and body as they are."""

    def __init__(self, name: str, lender: Lender, client: aiohttp.ClientSession) -> None:
        self._name = name
        self._lender = lender
        self._client = client

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        try:
            async with self._lender.replica() as base, self._pass_on(base, request) as given:
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
            timeout=aiohttp.ClientTimeout(total=WITHIN_SECONDS),
        )


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Written as UTF-8 again, so valid UTF-8 passes byte by byte."""
    return [(text(name), text(value)) for name, value in headers if name.lower() not in HOP_BY_HOP]


def text(raw: bytes) -> str:
    return raw.decode(errors="replace")


@asynccontextmanager
async def serving(proxy: Proxy, listening: socket.socket) -> AsyncIterator[None]:
    """Serve on that socket."""
    runner = web.ServerRunner(web.Server(proxy.answer, access_log=None), handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        async with asyncio.timeout(5):
            await runner.cleanup()
