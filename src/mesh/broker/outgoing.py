"""A request to a subscriber as bytes: exactly the message's headers, its host and its length."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from mesh.wire import Request

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a base URL leads, and the header lines that follow from it."""

    host: str
    port: int
    secure: bool
    lines: tuple[str, ...]


def origin(base: str) -> Origin:
    """Take the URL apart. Raises ValueError for one that is no address of HTTP."""
    url = urlsplit(base)
    if url.scheme not in _PORTS or not url.hostname:
        raise ValueError("it is no http:// or https:// address with a host")
    port = url.port or _PORTS[url.scheme]
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    lines = [f"Host: {host}" if port == _PORTS[url.scheme] else f"Host: {host}:{port}"]
    if url.username is not None:
        credentials = f"{unquote(url.username)}:{unquote(url.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(credentials.encode()).decode()}")
    return Origin(url.hostname, port, url.scheme == "https", tuple(lines))


def written(request: Request, to: Origin) -> bytes:
    """Write the request. Raises ValueError for what would end a line, and so begin a header or a request of its own."""
    path = request.path.partition("#")[0]
    lines = [f"{request.method} {path if path.startswith('/') else '/' + path} HTTP/1.1", *to.lines]
    lines.extend(map(": ".join, request.headers))
    lines.append(f"Content-Length: {len(request.body)}")
    text = "".join(lines)
    if "\n" in text or "\r" in text or "\0" in text:
        raise ValueError("the request has a line end or a NUL in its path or in a header")
    head = "\r\n".join(lines)
    return f"{head}\r\n\r\n".encode() + request.body
