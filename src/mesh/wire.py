"""HTTP messages as values: what goes to a subscriber and what comes back."""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

Headers = list[tuple[str, str]]


class Request(msgspec.Struct, frozen=True):
    """A request without its address. `head` is its header lines, each with its end, which nobody checks again.

    So it is made of `lines` or of `mesh.event_lines`, whose values end no line.
    """

    method: str
    path: str
    head: str
    body: bytes = b""

    @property
    def headers(self) -> Headers:
        """The head, taken apart."""
        return pairs(self.head)


def lines(headers: Headers) -> str:
    """Write headers, each with its line end. Raises ValueError for what would end a line, and so begin another."""
    refuse_line_ends("".join(map("".join, headers)))
    return "".join([f"{name}: {value}\r\n" for name, value in headers])


def pairs(head: str) -> Headers:
    """The headers that were written as these lines."""
    return [(name, value) for name, _, value in (line.partition(": ") for line in head.split("\r\n")[:-1])]


def refuse_line_ends(text: str) -> None:
    """Raise ValueError where there is one, or a NUL."""
    if "\n" in text or "\r" in text or "\0" in text:
        raise ValueError("the request has a line end or a NUL in its path or in a header")


class Response(msgspec.Struct, frozen=True):
    """A whole response. Header names are lower-case, values latin-1 text, in the order received."""

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of that header, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def raw_headers(self) -> Iterator[tuple[bytes, bytes]]:
        """The headers as bytes on the wire."""
        return ((name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers)


class Head(msgspec.Struct):
    """What is known of a request that comes in, before its body: the target as sent, header names in lower case."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]

    def header(self, name: bytes) -> bytes | None:
        """The first value of that header (its name in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


class Answer(msgspec.Struct, frozen=True):
    """The response to a request that came in."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Then = Callable[[Response | Exception], None]
"""What is to be done with a response, or with the reason why there is none."""


class Client(Protocol):
    """Sends one request to one address and reads the whole response."""

    def begin(self, base: str, request: Request, *, within: float, then: Then) -> Callable[[], object] | None:
        """Send as `send` does, if that takes no waiting; `then` is called later, with what `send` returns or raises.

        Return how to hang up, after which `then` is not called, or None where nothing was sent.
        """
        ...

    async def send(self, base: str, request: Request, *, within: float) -> Response:
        """POST or GET `base + request.path`, once; `within` seconds cover everything from connect to the last byte.

        Raises NoAnswer when there is no response: refused, cut off, or not HTTP; TimeoutError when it is too slow.
        """
        ...
