"""HTTP/1.1 as bytes: requests in, answers out in their order, with bounds on everything that a client controls.

Written here, on httptools, because the answer's exact bytes, the raw path and the raw header values are the broker's
behaviour: kept servers add headers, decode paths or drop what is not ASCII.
"""

import asyncio
import logging
from collections import deque
from functools import partial

import httptools

from mesh.clients import Clients, turn_away
from mesh.receiver.exchange import CONTINUE, Application, encode, without_upgrade
from mesh.receiver.incoming import REQUEST_BYTES, Incoming
from mesh.receiver.room import Room
from mesh.wire import Answer, Head

MAX_TARGET_BYTES = 4096  # Vert.x' maxInitialLineLength
MAX_HEAD_BYTES = 8192  # Vert.x' maxHeaderSize
MAX_PIPELINED = 64
BYTES_FOR_ONE = 8  # of a body on the wire: chunks of one byte cost six
logger = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """One client: parses what comes and writes each answer when it and all before it are ready."""

    def __init__(self, application: Application, clients: "Clients[Connection]", room: Room) -> None:
        self._application = application
        self._clients = clients
        self._room = room
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._owed: deque[Incoming] = deque()
        self._closing = False  # no further request is read
        self._draining = False
        self._unread = False
        self._reading = True
        self.receiving_since: float | None = None  # loop time at which an unfinished request began
        self._incoming = Incoming(self._room)
        self._received_bytes = 0  # of the unfinished request
        self._much = False  # as far as is known without counting

    # Called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        if not self._clients.came(self):
            self._closing = True
            turn_away(transport)
        elif self._clients.closing:
            self.close_when_idle()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._closing = True
        self._owed.clear()
        self._incoming.let_go()
        self._clients.gone(self)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._received_bytes += len(data)
        self._much = self._received_bytes > MAX_HEAD_BYTES
        try:
            self._feed(data)
        except httptools.HttpParserCallbackError:
            logger.exception("a request could not be handled")
            self._refuse(Answer(500))
        except httptools.HttpParserError:
            self._refuse(Answer(400))
        self._bound_unfinished()

    def eof_received(self) -> bool:
        """One who has finished sending still gets the answers."""
        self._closing = True
        self.receiving_since = None
        return bool(self._owed)

    def pause_writing(self) -> None:
        """A client that does not read its answers may not ask for more."""
        self._unread = True
        self._pause_reading()

    def resume_writing(self) -> None:
        self._unread = False
        self._flush()

    # Called by the parser.

    def on_message_begin(self) -> None:
        self.receiving_since = self._loop.time()

    def on_url(self, url: bytes) -> None:
        self._incoming.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        incoming = self._incoming
        if incoming.head is None:
            incoming.headers.append((name.lower(), value))
        elif incoming.exceeds(MAX_HEAD_BYTES, trailer_bytes=len(name) + len(value) + 4):  # which nobody reads
            self._refuse(Answer(431))

    def on_headers_complete(self) -> None:
        head = Head(self._parser.get_method().decode("ascii"), self._incoming.target, self._incoming.headers)
        self._incoming.head = head
        if len(head.target) > MAX_TARGET_BYTES:
            self._refuse(Answer(414))
        elif self._much and self._incoming.exceeds(MAX_HEAD_BYTES):
            self._refuse(Answer(431))
        elif not self._parser.should_upgrade():
            self._decide_early(head)

    def on_body(self, body: bytes) -> None:
        incoming = self._incoming
        reception = incoming.reception
        if reception is None or incoming.answered or self._closing:
            return
        if not incoming.add(body, reception.max_body_bytes):
            self._refuse(reception.not_stored())

    def on_message_complete(self) -> None:
        incoming = self._incoming
        if self._parser.should_upgrade() and not incoming.answered:
            return
        if not self._closing:
            self.receiving_since = None
        if incoming.reception is not None and not incoming.answered and not self._closing:
            incoming.reception.handle(incoming.take_body(), partial(self._pay, incoming))
            self._owe()
        elif not incoming.answered:
            incoming.let_go()
        self._incoming = Incoming(self._room)
        self._received_bytes = 0

    # Called by the server.

    def close_when_idle(self) -> None:
        """Answer what has been received whole, then close."""
        self._closing = self._draining = True
        self._flush()

    def abort(self) -> None:
        self._transport.abort()

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])

    def _decline_upgrade(self, rest: bytes) -> None:
        """Take the request as if it did not offer another protocol, as Java's client does with each (RFC 9110 7.8).

        The parser hands over after the head of such a request, so another one starts on it again, without the offer.
        """
        head = self._incoming.head
        if head is None or self._closing:
            return
        if head.method == "CONNECT":
            self._refuse(Answer(405))
            return
        again = without_upgrade(head, self._parser.get_http_version())
        self._parser, self._incoming = httptools.HttpRequestParser(self), Incoming(self._room)
        self._feed(again + rest)

    def _bound_unfinished(self) -> None:
        incoming, bound = self._incoming, MAX_HEAD_BYTES + MAX_TARGET_BYTES
        if incoming.reception is not None:
            if self._received_bytes > bound + BYTES_FOR_ONE * incoming.reception.max_body_bytes:
                self._refuse(incoming.reception.not_stored())
        elif self._received_bytes > bound:
            self._refuse(Answer(414 if len(incoming.target) > MAX_TARGET_BYTES else 431))

    def _decide_early(self, head: Head) -> None:
        reception = self._incoming.reception = self._application.receive(head)
        headers = dict(head.headers)
        declared = int(headers.get(b"content-length", 0))
        if reception.early is not None:
            self._answer(reception.early)
        elif declared > reception.max_body_bytes or not self._incoming.hold(REQUEST_BYTES):
            self._refuse(reception.not_stored())
        elif headers.get(b"expect", b"").lower() == b"100-continue":
            self._owed.append(Incoming(self._room, CONTINUE))
            self._flush()

    def _refuse(self, answer: Answer) -> None:
        """Answer and read no further: the rest of what this client sends cannot be understood or is too much."""
        if self._closing:
            return
        self._closing = True
        self.receiving_since = self.receiving_since or self._loop.time()
        self._incoming.let_go()
        if self._incoming.answered:
            self._flush()
        else:
            self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        self._pay(self._incoming, answer)
        self._owe()

    def _owe(self) -> None:
        """Give the request its place: answers leave in the order of requests."""
        incoming = self._incoming
        incoming.answered = True
        incoming.keep_alive = self._parser.should_keep_alive() and not self._closing
        self._closing = not incoming.keep_alive
        self._owed.append(incoming)
        if incoming.answer is None:
            self._clients.busy(self)
        else:
            self._flush()
        if len(self._owed) > MAX_PIPELINED:
            self._pause_reading()

    def _pay(self, incoming: Incoming, answer: Answer) -> None:
        incoming.answer = answer
        incoming.let_go()
        if incoming.answered:
            self._flush()

    def _flush(self) -> None:
        while self._owed:
            owed = self._owed[0]
            if owed.answer is None:
                return
            self._owed.popleft()
            last = self._closing and not self._owed
            self._transport.write(encode(owed.answer, keep_alive=owed.keep_alive and not last))
        self._clients.quiet(self)
        if self._closing:
            self._close()
        elif not self._reading and not self._unread:
            self._reading = True
            self._transport.resume_reading()

    def _pause_reading(self) -> None:
        self._reading = False
        self._transport.pause_reading()

    def _close(self) -> None:
        """Close; but one who is still sending would lose the answer to a reset, so that one closes first."""
        if self.receiving_since is None or self._draining:
            self._transport.close()
        else:
            self._transport.write_eof()
