"""HTTP messages as values: what goes to a subscriber and what comes back."""

from typing import Protocol

import msgspec

Headers = list[tuple[str, str]]


class Request(msgspec.Struct, frozen=True):
    """A request without its address. Header values are latin-1 text, as on the wire."""

    method: str
    path: str
    headers: Headers
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """A whole response. Header names are lower-case, values latin-1 text, in the order received."""

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of that header, or None."""
        return next((value for key, value in self.headers if key == name), None)


class Client(Protocol):
    """Sends one request to one address and reads the whole response."""

    async def send(self, base: str, request: Request, *, within: float) -> Response:
        """POST or GET `base + request.path`; `within` seconds cover everything from connect to the last byte.

        Raises NoAnswer when there is no response: refused, cut off, too slow, or not HTTP.
        """
        ...
