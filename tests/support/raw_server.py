"""A server that keeps one request as the bytes that came, and answers bytes."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class RawServer(socketserver.TCPServer):
    """`heard` is what the last client sent."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.heard = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/cabs/default"


class _Handler(socketserver.StreamRequestHandler):
    server: RawServer
    timeout = 30

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline()
        [length] = [int(line[15:]) for line in head.splitlines() if line.startswith(b"Content-Length:")]
        self.server.heard = head + self.rfile.read(length)
        self.wfile.write(self.server.answer)


@contextmanager
def listening(answer: bytes = ACCEPTED) -> Iterator[RawServer]:
    with RawServer(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
