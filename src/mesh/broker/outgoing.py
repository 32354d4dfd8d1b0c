"""A request to a subscriber as bytes: exactly the message's headers, its host and its length."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from mesh.wire import Request, lines, refuse_line_ends

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a base URL leads, and the header lines, with their ends, that follow from it."""

    host: str
    port: int
    secure: bool
    lines: str


def origin(base: str) -> Origin:
    """Take the URL apart. Raises ValueError for one that is no address of HTTP."""
    url = urlsplit(base)
    if url.scheme not in _PORTS or not url.hostname:
        raise ValueError("it is no http:// or https:// address with a host")
    port = url.port or _PORTS[url.scheme]
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    headers = [("Host", host if port == _PORTS[url.scheme] else f"{host}:{port}")]
    if url.username is not None:
        credentials = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers.append(("Authorization", f"Basic {base64.b64encode(credentials.encode()).decode()}"))
    return Origin(url.hostname, port, url.scheme == "https", lines(headers))


def written(request: Request, to: Origin) -> bytes:
    """Write the request. Raises ValueError for a path that would end its line, and so begin a header."""
    path = request.path.partition("#")[0]
    refuse_line_ends(path)
    target = path if path.startswith("/") else f"/{path}"
    length = len(request.body)
    head = f"{request.method} {target} HTTP/1.1\r\n{to.lines}{request.head}Content-Length: {length}\r\n\r\n"
    return head.encode() + request.body
