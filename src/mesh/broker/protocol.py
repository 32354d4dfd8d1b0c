"""HTTP/1.1 as bytes: requests in, answers out in their order, with bounds on everything that a client controls.

Written here, on httptools, because the answer's exact bytes, the raw path and the raw header values are the broker's
behaviour: kept servers add headers, decode paths or drop what is not ASCII.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import httptools
import msgspec

MAX_TARGET_BYTES = 4096  # Vert.x' maxInitialLineLength
MAX_HEAD_BYTES = 8192  # Vert.x' maxHeaderSize
MAX_PIPELINED = 64
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


class Head(msgspec.Struct):
    """What is known of a request before its body: the target as sent, header names as sent."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]


class _Incoming:
    """The request that is arriving."""

    __slots__ = ("answered", "body", "body_bytes", "head", "header_bytes", "headers", "target")

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.header_bytes = 0
        self.head: Head | None = None
        self.body: list[bytes] = []
        self.body_bytes = 0
        self.answered = False


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Application:
    """Decides on requests. `early` may answer from the head alone; `too_large` answers a body over `max_body_bytes`."""

    max_body_bytes: int
    too_large: Answer

    def early(self, head: Head) -> Answer | None:
        raise NotImplementedError

    def handle(self, head: Head, body: bytes) -> Answer | asyncio.Future[Answer]:
        raise NotImplementedError


class Connection(asyncio.Protocol):
    """One client: parses what comes and writes each answer when it and all before it are ready."""

    def __init__(self, application: Application, gone: Callable[["Connection"], None]) -> None:
        self._application = application
        self._gone = gone
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._answers: deque[tuple[Answer | asyncio.Future[Answer], bool]] = deque()
        self._closing = False
        self._unread = False
        self.receiving_since: float | None = None  # loop time at which an unfinished request began
        self._incoming = _Incoming()
        self._head_bytes = 0

    # Called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._closing = True
        self._gone(self)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._incoming.head is None:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(Answer(400))
        if self._incoming.head is None and self._head_bytes > MAX_HEAD_BYTES + MAX_TARGET_BYTES:
            self._refuse(Answer(431))

    def pause_writing(self) -> None:
        """A client that does not read its answers may not ask for more."""
        self._unread = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._unread = False
        self._flush()

    # Called by the parser.

    def on_message_begin(self) -> None:
        self.receiving_since = self._loop.time()
        self._incoming = _Incoming()

    def on_url(self, url: bytes) -> None:
        self._incoming.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._incoming.headers.append((name, value))
        self._incoming.header_bytes += len(name) + len(value) + 4

    def on_headers_complete(self) -> None:
        self._incoming.head = Head(
            self._parser.get_method().decode("ascii"), self._incoming.target, self._incoming.headers
        )
        if len(self._incoming.target) > MAX_TARGET_BYTES:
            self._refuse(Answer(414))
        elif self._incoming.header_bytes > MAX_HEAD_BYTES:
            self._refuse(Answer(431))
        else:
            self._decide_early(self._incoming.head)

    def on_body(self, body: bytes) -> None:
        self._incoming.body_bytes += len(body)
        if self._incoming.body_bytes > self._application.max_body_bytes:
            self._refuse(self._application.too_large)
        elif not self._incoming.answered:
            self._incoming.body.append(body)

    def on_message_complete(self) -> None:
        self.receiving_since = None
        incoming = self._incoming
        if incoming.head is not None and not incoming.answered and not self._closing:
            self._answer(self._application.handle(incoming.head, b"".join(incoming.body)))
        self._incoming = _Incoming()
        self._head_bytes = 0

    # Called by the server.

    def close_when_idle(self) -> None:
        """Answer what has been received whole, then close."""
        self._closing = True
        self._flush()

    def abort(self) -> None:
        self._transport.abort()

    def _decide_early(self, head: Head) -> None:
        early = self._application.early(head)
        if early is not None:
            self._answer(early)
        elif self._declared_bytes(head) > self._application.max_body_bytes:
            self._refuse(self._application.too_large)
        elif any(name.lower() == b"expect" and value.lower() == b"100-continue" for name, value in head.headers):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @staticmethod
    def _declared_bytes(head: Head) -> int:
        return next((int(value) for name, value in head.headers if name.lower() == b"content-length"), 0)

    def _refuse(self, answer: Answer) -> None:
        """Answer and close: the rest of what this client sends cannot be understood or is too much."""
        if self._closing:
            return
        self._closing = True
        if self._incoming.answered:
            self._flush()
        else:
            self._answer(answer)

    def _answer(self, answer: Answer | asyncio.Future[Answer]) -> None:
        self._incoming.answered = True
        keep_alive = self._parser.should_keep_alive() and not self._closing
        self._answers.append((answer, keep_alive))
        if isinstance(answer, asyncio.Future):
            answer.add_done_callback(self._flush)
        self._flush()
        if len(self._answers) > MAX_PIPELINED:
            self._transport.pause_reading()

    def _flush(self, _: object = None) -> None:
        while self._answers:
            answer, keep_alive = self._answers[0]
            if isinstance(answer, asyncio.Future):
                if not answer.done():
                    return
                answer = answer.result()
            self._answers.popleft()
            self._transport.write(_encode(answer, keep_alive=keep_alive))
            self._closing = self._closing or not keep_alive
        if self._closing:
            self._transport.close()
        elif not self._unread:
            self._transport.resume_reading()


def _encode(answer: Answer, *, keep_alive: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}"]
    lines.extend(f"{name}: {value}" for name, value in answer.headers)
    lines.append(f"content-length: {len(answer.body)}")
    if not keep_alive:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body
