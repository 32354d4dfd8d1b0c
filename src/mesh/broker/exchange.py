"""What passes between HTTP's bytes and the application behind them: a request's head and body in, an answer out."""

import asyncio

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


class Application:
    """Decides on requests: `early` may answer from the head alone."""

    def early(self, head: Head) -> Answer | None:
        raise NotImplementedError

    def max_body_bytes(self, head: Head) -> int:
        """How large a body may be; `not_stored` answers a larger one, and what is too much at once."""
        raise NotImplementedError

    def not_stored(self, head: Head) -> Answer:
        raise NotImplementedError

    def handle(self, head: Head, body: bytes) -> Answer | asyncio.Future[Answer]:
        raise NotImplementedError


def encode(answer: Answer, *, keep_alive: bool) -> bytes:
    """Write the answer with no header but its own, its length and, at the end of a connection, that it is the end."""
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}"]
    if answer is CONTINUE:
        return f"{lines[0]}\r\n\r\n".encode("latin-1")
    lines.extend(f"{name}: {value}" for name, value in answer.headers)
    lines.append(f"content-length: {len(answer.body)}")
    if not keep_alive:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body
