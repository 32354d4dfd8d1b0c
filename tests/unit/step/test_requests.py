"""Requests that are answered without a database, through the asgi entry and through parliament's."""

import threading
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from step import Connection, Context, step
from step.asgi import Message
from step.messages import Answer, Request
from step.parliament import Main
from step.served import step_name
from step.settings import Settings
from support.contracts import Ping
from support.steps import event, get, post


async def nothing(_ping: Ping, _context: Context) -> None: ...


async def asked(_parameters: Mapping[str, str], _database: Connection) -> None: ...


async def called(method: str, path: str, headers: dict[str, str], body: bytes = b"", *, query: bool = False) -> Answer:
    """What an ASGI server would get; the body comes in two messages."""
    _, new = step(nothing, asked if query else None, environ={})
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": method, "path": path, "query_string": b"a=1&b=%C5%BC", "headers": raw}
    parts: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": body[:1], "more_body": True}, {"type": "http.request", "body": body[1:]}]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(parts)

    async def send(message: Message) -> None:
        sent.append(message)

    await new().handle(scope, receive, send)
    start, finish = sent
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], names, finish["body"])


EVENT = {"ce-id": "1", "ce-source": "//x", "ce-specversion": "1.0", "ce-type": "tests.ping"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "said"),
    [
        ("POST", "/", {}, b"{}", 400, b"not a CloudEvent"),
        ("POST", "/elsewhere", EVENT, b"{}", 404, b"nothing is at /elsewhere"),
        ("GET", "/", {}, b"", 405, b"GET is not for this step"),
        ("PUT", "/", EVENT, b"{}", 405, b"PUT is not for this step"),
        ("POST", "/", EVENT, b'{"number": 1}', 500, b"DATABASE_URL is not set"),
    ],
)
async def test_what_is_answered_without_a_database(
    method: str, path: str, headers: dict[str, str], body: bytes, status: int, said: bytes
) -> None:
    answer = await called(method, path, headers, body)
    assert (answer.status, said in answer.body) == (status, True)
    assert answer.headers["kne-reason"]


async def test_a_step_with_a_query_allows_get() -> None:
    assert (await called("PUT", "/", {}, query=True)).headers["allow"] == "GET, POST"
    assert (await called("PUT", "/", {})).headers["allow"] == "POST"


async def test_a_database_that_cannot_be_reached_is_503() -> None:
    main, _ = step(nothing, environ={"DATABASE_URL": "postgresql:///x?host=/nowhere"})
    answer = await main.step.answer(post(event("tests.ping", {"number": 1})))
    assert (answer.status, b"the database does not answer" in answer.body) == (503, True)


async def test_a_database_url_that_is_none_is_a_wrong_setting() -> None:
    main, _ = step(nothing, asked, environ={"DATABASE_URL": "nonsense"})
    for request in (post(event("tests.ping", {"number": 1})), get()):
        answer = await main.step.answer(request)
        assert (answer.status, b"DATABASE_URL cannot be read" in answer.body) == (500, True)


async def test_a_wrong_setting_of_the_inbox_is_named() -> None:
    main, _ = step(nothing, environ={"INBOX_RETENTION": "a week"})
    answer = await main.step.answer(post(event("tests.ping", {"number": 1})))
    assert (answer.status, b"INBOX_RETENTION is 'a week'" in answer.body) == (500, True)


class Echo:
    """Answers with what it was asked, and on which thread."""

    async def answer(self, request: Request) -> Answer:
        thread = {"thread": threading.current_thread().name}
        return Answer(418, {**request.parameters, **dict(request.headers), **thread}, request.body)


def test_parliament_gets_body_status_and_headers() -> None:
    came: Any = SimpleNamespace(
        method="POST",
        path="/",
        args=SimpleNamespace(to_dict=lambda: {"a": "1"}),
        headers=SimpleNamespace(items=lambda: [("Ce-Id", "1")]),
        get_data=lambda: b"body",
    )
    main = Main(Echo())
    answers = [main(SimpleNamespace(request=came)) for _ in range(2)]
    assert answers == [(b"body", 418, {"a": "1", "Ce-Id": "1", "thread": "step"})] * 2


def test_a_step_is_named_by_its_service_else_by_its_directory() -> None:
    assert step_name(nothing, Settings({"K_SERVICE": "invoice"})) == "invoice"
    assert step_name(nothing, Settings({})) == "step"
