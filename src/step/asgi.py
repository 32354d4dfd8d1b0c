"""The entry that the asgi layout calls: func-python's instance, in its http flavour."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from step.messages import Answer, Request

Message = MutableMapping[str, Any]


class Answers(Protocol):
    async def answer(self, request: Request) -> Answer: ...

    def close(self) -> None: ...


class Instance:
    """`new()`: one for each process."""

    def __init__(self, step: Answers) -> None:
        self.step = step

    async def handle(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        parameters = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        body = await _body(receive)
        answer = await self.step.answer(Request(scope["method"], scope["path"], parameters, headers, body))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    def stop(self) -> None:
        """The server is about to end; func-python calls this synchronously, in its loop."""
        self.step.close()


async def _body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
