"""The composition root: a function, its settings and its database become something that answers requests."""

import inspect
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from step.asgi import Instance
from step.context import Context
from step.contract import Incoming, Outgoing, accepted
from step.database import Database
from step.deliveries import Deliveries, Function
from step.errors import SettingError
from step.event import Event
from step.inbox import Inbox
from step.messages import Answer, Request, failure
from step.parliament import Main
from step.queries import Queries, Query
from step.reply import Reply
from step.settings import Settings
from step.sink import KnativeSink

logger = logging.getLogger("step")

STAGED_NAME = "name.txt"  # beside func.py, since every function's directory has the same name in an image

In = TypeVar("In", bound=Incoming | Event)


def always(_event: Event) -> bool:
    return True


def step(
    function: Callable[[In, Context], Awaitable[Outgoing | Reply[Outgoing] | None]],
    query: Query | None = None,
    *,
    once: Callable[[Event], bool] = always,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Main, Callable[[], Instance]]:
    """Make a Knative function of an async one: `main` is what parliament looks for, `new` what func-python does.

    The type of `function`'s first parameter says which events it takes: a contract, a union of contracts, or `Event`
    for all of them. `query` answers GETs. Events for which `once` is false are worked on each time they come.
    """
    served = Step(function, query, once, environ)

    def new() -> Instance:  # func-python takes it by this name alone
        return Instance(served)

    return Main(served), new


class Step:
    """Answers requests; whatever needs a setting, the database or a loop is made for the first of them."""

    def __init__(
        self, function: Function, query: Query | None, once: Callable[[Event], bool], environ: Mapping[str, str]
    ) -> None:
        self._function, self._query, self._once, self._environ = function, query, once, environ
        self._contracts = accepted(function)
        self._parts: tuple[Deliveries, Queries | None] | None = None

    async def answer(self, request: Request) -> Answer:
        if request.path != "/":
            return failure(404, f"nothing is at {request.path}: events and queries go to /")
        try:
            deliveries, queries = self._started()
        except SettingError as error:
            logger.error("%s: %s", self._function.__name__, error)  # noqa: TRY400 - the sentence says it all
            return failure(500, str(error))
        if request.method == "POST":
            return await deliveries.answer(request)
        if queries and request.method in ("GET", "HEAD"):
            return await queries.answer(request)
        return failure(405, f"{request.method} is not for this step: POST an event").allowing(
            "GET, POST" if queries else "POST"
        )

    async def open(self) -> None:
        """Reach the database before the first request does; raises SettingError or Unavailable."""
        deliveries, _ = self._started()
        await deliveries.database.open()

    def close(self) -> None:
        """Drop the connections of the pool, in the loop that opened them."""
        if self._parts:
            self._parts[0].database.close()

    def _started(self) -> tuple[Deliveries, Queries | None]:
        if self._parts is None:
            self._parts = self._start(Settings(self._environ))
        return self._parts

    def _start(self, settings: Settings) -> tuple[Deliveries, Queries | None]:
        name, database = step_name(self._function, settings), Database(settings)
        deliveries = Deliveries(
            name=name,
            function=self._function,
            contracts=self._contracts,
            once=self._once,
            database=database,
            inbox=Inbox(name.replace("-", "_"), settings.duration("INBOX_RETENTION", "P7D")),
            sink=KnativeSink(settings),
            settings=settings,
        )
        return deliveries, Queries(name, self._query, database) if self._query else None


def step_name(function: Callable[..., Any], settings: Settings) -> str:
    """The Knative Service's name where there is one, else what staging wrote down, else the directory's name."""
    directory = Path(inspect.getfile(function)).resolve().parent
    staged = directory / STAGED_NAME
    return settings.get("K_SERVICE") or (staged.read_text().strip() if staged.is_file() else directory.name)
