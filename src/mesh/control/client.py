"""Asks a running mesh, for the command line: synchronous, from the standard library, so that a command starts fast."""

import http.client
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from mesh.control.routes import Call, In, Out, Route, Stream
from mesh.control.shapes import Failure
from mesh.errors import MeshError, NotDone, NotFound, UsageError

# A stream is never silent for longer than the server's heartbeat, an answer comes from memory and a local disk.
ANSWER_WITHIN_SECONDS = 30.0

OK = 200


class Client:
    """The control API of the mesh whose console is at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, route: Call[In, Out], asked: In) -> Out:
        """Return the answer; raises UsageError, NotFound or NotDone with the mesh's own sentence."""
        with self._answer(route, asked) as response:
            return self._decoded(response.read(), route.answers)

    def stream(self, route: Stream[In, Out], asked: In) -> Generator[Out, None, None]:
        """Yield items as they happen, until the mesh ends the stream; raises as `ask` does, even midway."""
        with self._answer(route, asked) as response:
            for line in response:
                if line.startswith(b'{"error":'):
                    raise NotDone(msgspec.json.decode(line, type=Failure).error)
                if line.strip():
                    yield self._decoded(line, route.answers)

    @contextmanager
    def _answer(self, route: Route[Any, Any], asked: msgspec.Struct) -> Iterator[http.client.HTTPResponse]:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port or http.client.HTTP_PORT, timeout=ANSWER_WITHIN_SECONDS
        )
        target, body = _request(route, asked)
        try:
            connection.request(route.method, address.path + target, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != OK:
                raise self._failure(response)
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise self._silence(error) from None
        finally:
            connection.close()

    def _failure(self, response: http.client.HTTPResponse) -> MeshError:
        try:
            sentence = msgspec.json.decode(response.read(), type=Failure).error
        except msgspec.DecodeError:
            return NotDone(f"what answers at {self.url} is no mesh of this version (HTTP {response.status})")
        return {400: UsageError, 404: NotFound}.get(response.status, NotDone)(sentence)

    def _silence(self, error: Exception) -> NotDone:
        if isinstance(error, ConnectionRefusedError):
            remedy = "start one with `mesh up`, or name its state directory with --state DIR"
            return NotDone(f"no mesh answers at {self.url}: {remedy}")
        return NotDone(f"the mesh at {self.url} stopped answering ({error or type(error).__name__})")

    def _decoded(self, body: bytes, kind: type[Out]) -> Out:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise NotDone(f"what answers at {self.url} is no mesh of this version ({error})") from None


def _request(route: Route[Any, Any], asked: msgspec.Struct) -> tuple[str, bytes | None]:
    """Return the target with its path and query filled in, and the body."""
    if route.method == "POST":
        return route.path, msgspec.json.encode(asked)
    parameters = {name: _parameter(value) for name, value in msgspec.to_builtins(asked).items() if value is not None}
    in_path = {name: quote(value, safe="") for name, value in parameters.items() if f"{{{name}}}" in route.path}
    query = urlencode({name: value for name, value in parameters.items() if name not in in_path})
    return route.path.format(**in_path) + (f"?{query}" if query else ""), None


def _parameter(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
