"""A request as bytes, and the answer with nothing left out."""

import asyncio
import time
from dataclasses import dataclass

ANSWER_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    seconds: float


async def exchange(host: str, port: int, request: bytes) -> Answer:
    """Send the bytes on a connection of their own, and read one answer."""
    began = time.monotonic()
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            if status == 100:
                status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            length = 0 if request.startswith(b"HEAD ") else int(headers.get("content-length", "0"))
            body = await reader.readexactly(length)
        finally:
            writer.close()
    return Answer(status, headers, body, time.monotonic() - began)


def written(method: str, target: str, headers: list[tuple[str, str | bytes]], body: bytes | None) -> bytes:
    """Write a request with these headers and no other but its length."""
    lines = [f"{method} {target} HTTP/1.1".encode()]
    lines += [
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) for name, value in headers
    ]
    if body is not None and not any(name.lower() == "transfer-encoding" for name, _ in headers):
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def _head(text: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = text.decode("latin-1").split("\r\n")[:-2]
    named = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in named}
