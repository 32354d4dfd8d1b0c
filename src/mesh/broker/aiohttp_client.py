"""The delivery client on aiohttp, stripped of everything it would add to a message of its own accord.

The mesh does not run it: it is what `client` is held against, in behaviour and in speed.
"""

from typing import Self

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from mesh.errors import NoAnswer
from mesh.wire import Request, Response

MAX_RESPONSE_BYTES = 8 * 1_048_576
_ADDED_BY_AIOHTTP = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class AiohttpClient:
    """Implements `send` of `mesh.wire.Client`; use as `async with`."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=False),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_ADDED_BY_AIOHTTP,
            auto_decompress=False,
            requote_redirect_url=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(self, base: str, request: Request, *, within: float) -> Response:
        """See `mesh.wire.Client.send`."""
        try:
            async with self._session.request(
                request.method,
                URL(base + request.path, encoded=True),
                headers=CIMultiDict(request.headers),
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=within),
            ) as response:
                return await _read(response)
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NoAnswer(_sentence(base, error)) from error


async def _read(response: aiohttp.ClientResponse) -> Response:
    body = await response.content.read(MAX_RESPONSE_BYTES + 1)
    while not response.content.at_eof() and len(body) <= MAX_RESPONSE_BYTES:
        body += await response.content.read(MAX_RESPONSE_BYTES + 1 - len(body))
    if len(body) > MAX_RESPONSE_BYTES:
        raise NoAnswer(f"the response is larger than {MAX_RESPONSE_BYTES} bytes")
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.raw_headers]
    return Response(response.status, headers, body)


def _sentence(base: str, error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect to {base} ({error.os_error.strerror or error.os_error})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return f"{base} closed the connection before it answered"
    return f"no usable response from {base} ({type(error).__name__}: {error})"
