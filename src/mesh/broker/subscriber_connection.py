"""One connection to a subscriber: a request's bytes go out, its response comes back whole and within bounds."""

import asyncio
from collections.abc import Callable

import httptools

from mesh.broker.deadline import Deadline
from mesh.errors import NoAnswer
from mesh.wire import Headers, Response, Then

MAX_RESPONSE_BYTES = 8 * 1_048_576
MAX_HEAD_BYTES = 65_536
BYTES_FOR_ONE = 8  # of a body on the wire: chunks of one byte cost six
_BODY_HAS_AN_END = {"content-length", "transfer-encoding"}


class SubscriberConnection(asyncio.Protocol):
    """Carries one request at a time to `base`; while it is `usable`, it can carry another, and `keep` is told."""

    def __init__(self, base: str, keep: "Callable[[SubscriberConnection], None]") -> None:
        self.base = base
        self.usable = True
        self.idle_since = 0.0  # seconds of the loop's time
        self._keep = keep
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self._then: Then | None = None  # while a response is waited for
        self._told: tuple[Then, Response | Exception] | None = None  # who is to be told what
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._late)
        self._received_bytes = 0  # since the request
        self._begin()

    def exchange(self, request: bytes, deadline: float, then: Then) -> None:
        """Send the request; `then` gets its response, at the latest at the deadline, in the loop's time.

        On failure, hang up: `then` gets NoAnswer or TimeoutError.
        """
        self._in_body = False  # else the end of the connection would end the response before, once more
        self._received_bytes = 0
        self._then = then
        self._deadline.set(deadline)
        self._transport.write(request)

    def abort(self) -> None:
        """Hang up, and tell nobody."""
        self._then = None
        self._hang_up()

    # Called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._received_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(error)
        if self._received_bytes > MAX_HEAD_BYTES:
            self._bound_unfinished()
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self._in_body and _BODY_HAS_AN_END.isdisjoint(dict(self._headers)):
            self.on_message_complete()
        if self._received_bytes == 0:
            self._fail(NoAnswer(f"{self.base} closed the connection before it answered"))
        else:
            self._fail(exc or ConnectionError("cut off"))
        self._deadline.cancel()
        self._tell()

    # Called by the parser.

    def on_message_begin(self) -> None:
        if self._then is None:
            self._hang_up()  # more than was asked for
        self._begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # else it is a trailer, which nobody reads
            self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._in_body = True
        if self._received_bytes > MAX_HEAD_BYTES:
            self._bound_head(sum(len(name) + len(value) + 4 for name, value in self._headers))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > MAX_RESPONSE_BYTES:
            self._fail(NoAnswer(f"the response is larger than {MAX_RESPONSE_BYTES} bytes"))

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self._then is None:  # noqa: PLR2004 - the class of statuses
            return  # 1xx: the response is yet to come
        self.usable = self._parser.should_keep_alive() and not self._transport.get_write_buffer_size()
        self._answer(Response(status, self._headers, b"".join(self._body)))

    def _begin(self) -> None:
        self._headers: Headers = []
        self._in_body = False
        self._body: list[bytes] = []
        self._body_bytes = 0

    def _bound_unfinished(self) -> None:
        if not self._in_body:
            self._bound_head(self._received_bytes)
        elif self._received_bytes > MAX_HEAD_BYTES + BYTES_FOR_ONE * MAX_RESPONSE_BYTES:
            self._fail(NoAnswer(f"the response takes more than {BYTES_FOR_ONE} bytes for one of its body"))

    def _bound_head(self, size: int) -> None:
        if size > MAX_HEAD_BYTES:
            self._fail(NoAnswer(f"the response's head is larger than {MAX_HEAD_BYTES} bytes"))

    def _late(self) -> None:
        if self._then is not None:
            self._fail(TimeoutError())

    def _fail(self, error: Exception) -> None:
        self._answer(no_answer(self.base, error))
        self._hang_up()

    def _hang_up(self) -> None:
        self.usable = False
        self._transport.abort()

    def _answer(self, answer: Response | Exception) -> None:
        if self._then is not None:
            self._told, self._then = (self._then, answer), None

    def _tell(self) -> None:
        """Outside the parser, which takes an exception for one of its own."""
        if self._told is not None:
            (then, answer), self._told = self._told, None
            if self.usable:
                self._keep(self)
            then(answer)


def no_answer(base: str, error: Exception) -> Exception:
    """Say in a sentence why there is no response; one that is too late is left as it is."""
    if isinstance(error, TimeoutError | NoAnswer):
        return error
    return NoAnswer(f"no usable response from {base} ({type(error).__name__}: {error})")
