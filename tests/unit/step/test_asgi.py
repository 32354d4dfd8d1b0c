"""func-python's instance: what it tells of itself, and a client that leaves."""

import asyncio
from typing import Any

import pytest

from step import Context, Event, step
from step.asgi import Instance, Message
from step.errors import Unavailable
from step.messages import Answer, Request, done
from step.telemetry import defaults

SCOPE = {"method": "POST", "path": "/", "query_string": b"", "headers": []}


class Steps:
    """A step whose database is away as often as it is told."""

    def __init__(self, *away: str) -> None:
        self.away = list(away)
        self.asked: list[Request] = []
        self.closed = False

    async def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return done()

    async def open(self) -> None:
        if self.away:
            raise Unavailable(self.away.pop(0))

    def close(self) -> None:
        self.closed = True


async def anything(_event: Event, _context: Context) -> None: ...


async def nowhere(_message: Message) -> None:
    raise AssertionError("nothing is sent to a client that has left")


def test_it_has_the_name_that_func_python_asks_for() -> None:
    _, new = step(anything)
    assert getattr(new, "__name__", "") == "new"


async def test_it_is_ready_once_the_database_was_opened_in_the_background() -> None:
    instance = Instance(Steps())
    assert instance.ready() == (False, "the database is being opened")
    instance.start({})
    assert instance._opening
    await instance._opening
    assert (instance.ready(), instance.alive()) == ((True, "OK"), (True, "OK"))


async def test_stopping_ends_the_opening_and_closes_the_step() -> None:
    steps = Steps(*["away"] * 1000)
    instance = Instance(steps)
    instance.start({})
    instance.stop()
    assert instance._opening
    with pytest.raises(asyncio.CancelledError):
        await instance._opening
    assert steps.closed


async def test_an_event_that_was_cut_off_is_not_worked_on() -> None:
    steps = Steps()
    parts: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return parts.pop(0)

    await Instance(steps)._handle(SCOPE, receive, nowhere)
    assert steps.asked == []


@pytest.mark.parametrize(
    ("given", "exporter"),
    [
        ({}, "none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, "none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318"}, "otlp"),
    ],
)
def test_nothing_is_exported_unless_a_collector_is_named(given: dict[str, str], exporter: str) -> None:
    assert defaults(given)["OTEL_TRACES_EXPORTER"] == exporter


def test_what_is_set_stays() -> None:
    given = {"OTEL_TRACES_EXPORTER": "console", "K_SERVICE": "invoice"}
    assert defaults(given).get("OTEL_TRACES_EXPORTER") is None
    assert defaults(given)["OTEL_SERVICE_NAME"] == "invoice"
