"""What passes between HTTP's bytes and the application behind them: a request's head and body in, an answer out."""

import functools
from collections.abc import Callable
from typing import Protocol

from mesh.wire import Answer, Head

REASONS = {
    100: "Continue",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


CONTINUE = Answer(100)


class Reception(Protocol):
    """One request, decided on from its head; where `early` is None, from its body as well."""

    @property
    def early(self) -> Answer | None: ...

    @property
    def max_body_bytes(self) -> int:
        """How large a body may be; `not_stored` answers a larger one, and what is too much at once."""
        ...

    def not_stored(self) -> Answer: ...

    def handle(self, body: bytes, then: Callable[[Answer], None]) -> None:
        """Answer at once or later, by calling `then` once."""
        ...


class Application(Protocol):
    """What requests are for."""

    def receive(self, head: Head) -> Reception: ...


@functools.lru_cache(maxsize=64)  # nearly all are one and the same
def encode(answer: Answer, *, keep_alive: bool) -> bytes:
    """Write the answer with no header but its own, its length and, at the end of a connection, that it is the end."""
    line = f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}\r\n"
    if answer is CONTINUE:
        return f"{line}\r\n".encode("latin-1")
    own = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    last = "" if keep_alive else "connection: close\r\n"
    return f"{line}{own}content-length: {len(answer.body)}\r\n{last}\r\n".encode("latin-1") + answer.body


def without_upgrade(head: Head, version: str) -> bytes:
    """Write the head as it came, less its offer of another protocol."""
    lines = [f"{head.method} ".encode() + head.target + f" HTTP/{version}".encode()]
    lines += [name + b": " + value for name, value in head.headers if name != b"upgrade"]
    return b"\r\n".join(lines) + b"\r\n\r\n"
