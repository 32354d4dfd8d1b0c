"""The entry that the asgi layout calls: func-python's instance, in its http flavour."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from step import telemetry
from step.messages import Answer, Request
from step.readiness import Readiness

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Answers(Protocol):
    async def answer(self, request: Request) -> Answer: ...

    async def open(self) -> None: ...

    def close(self) -> None: ...


class Instance:
    """`new()`: one for each process. func-python calls all but `handle` synchronously, in its loop."""

    def __init__(self, step: Answers) -> None:
        self.step = step
        self.handle: telemetry.Handle = self._handle
        self._readiness = Readiness(step.open)
        self._opening: asyncio.Task[None] | None = None

    def start(self, environ: Mapping[str, str]) -> None:
        """Requests come from now on; what this raised would be swallowed, and `stop` not called."""
        self.handle = telemetry.instrumented(self._handle, environ)
        self._opening = asyncio.get_running_loop().create_task(self._readiness.follow(), name="open the database")

    def ready(self) -> tuple[bool, str]:
        """Whether the database has answered, and what it or the settings lack; true for good once it is."""
        return self._readiness.missing is None, self._readiness.missing or "OK"

    def alive(self) -> tuple[bool, str]:
        return True, "OK"

    def stop(self) -> None:
        """The server is about to end."""
        if self._opening:
            self._opening.cancel()
        self.step.close()

    async def _handle(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        answer = await self.step.answer(_request(scope, body))
        headers = answer.headers | {"content-length": str(len(answer.body))}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})


def _request(scope: Mapping[str, Any], body: bytes) -> Request:
    """As parliament hands it over: repeated headers joined, of a repeated parameter the first."""
    parameters = dict(reversed(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)))
    return Request(scope["method"], scope["path"], parameters, _joined(scope["headers"]), body)


def _joined(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    headers: dict[str, list[str]] = {}
    for name, value in raw:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return [(name, ", ".join(values)) for name, values in headers.items()]


async def _body(receive: Receive) -> bytes | None:
    """None when the client left before it had sent all of it."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
