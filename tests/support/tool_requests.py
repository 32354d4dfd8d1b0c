"""The requests of `func invoke` and `kn event send`, byte for byte but for the time, as the Go SDK writes them."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

GO_ESCAPES = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})


@dataclass(frozen=True)
class ToolEvent:
    """An event as both tools write it: in binary mode, JSON."""

    id: str
    type: str
    source: str
    body: bytes
    extensions: Mapping[str, str] = field(default_factory=dict)
    time: str = "2026-11-24T12:00:00.123456789Z"

    def timed_like(self, request: bytes) -> "ToolEvent":
        """With the time that a request says, which no test can choose."""
        [line] = [line for line in request.decode().splitlines() if line.startswith("Ce-Time: ")]
        return replace(self, time=line.removeprefix("Ce-Time: "))

    def request(self, url: str) -> bytes:
        """Go's HTTP client writes its own headers first and last, and the others in order."""
        known = {"id": self.id, "source": self.source, "specversion": "1.0", "time": self.time, "type": self.type}
        attributes = {f"Ce-{name.capitalize()}": value for name, value in {**known, **self.extensions}.items()}
        return written(url, self.body, {**attributes, "Content-Type": "application/json"})


def func_invoke(event_id: str, event_type: str = "boson.fn", data: str = '{"message":"Hello World"}') -> ToolEvent:
    """`func invoke -f cloudevent --id ID --type TYPE --data DATA`."""
    return ToolEvent(event_id, event_type, "/boson/fn", data.encode())


def func_invoke_http(url: str, data: str = '{"message":"Hello World"}') -> bytes:
    """`func invoke -f http --data DATA`."""
    return written(url, data.encode(), {"Content-Type": "application/json"})


def kn_event_send(event_id: str, event_type: str, fields: Mapping[str, Any]) -> ToolEvent:
    """`kn event send --id ID --type TYPE --field … --to URL`: Go writes an object's keys in order."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True).translate(GO_ESCAPES)
    return ToolEvent(event_id, event_type, "kn-event/0.0.0", text.encode())


def written(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    place = urlsplit(url)
    own = {"Host": place.netloc, "User-Agent": "Go-http-client/1.1", "Content-Length": str(len(body))}
    lines = {**own, **dict(sorted(headers.items())), "Accept-Encoding": "gzip"}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {place.path or '/'} HTTP/1.1\r\n{head}\r\n".encode() + body


def deliver(request: bytes, url: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Send the bytes as they are, and answer the response with its body."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response, response.read()
