"""From a delivered event to an outcome: done, refused, or to be tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from step import binding
from step.context import Context, Sink
from step.contract import Outgoing
from step.database import Database
from step.errors import NotAnEvent, Reject, SettingError, Unavailable
from step.event import Event
from step.inbox import Inbox
from step.messages import Answer, Request, done, failure
from step.reply import Reply, written
from step.settings import Settings

logger = logging.getLogger("step")

Function = Callable[[Any, Context], Awaitable[Outgoing | Reply[Outgoing] | None]]
DEADLINE_SECONDS = 25  # the brokers of this repository give up after PT30S; answering sooner keeps the reason
TRACE_HEADERS = ("traceparent", "tracestate")


class Deliveries(msgspec.Struct, frozen=True):
    """Works on each event once, in one transaction."""

    name: str
    function: Function
    contracts: tuple[type[Any], ...]
    once: Callable[[Event], bool]
    database: Database
    inbox: Inbox
    sink: Sink
    settings: Settings

    async def answer(self, request: Request) -> Answer:
        try:
            event = binding.read(request.headers, request.body)
        except NotAnEvent as error:
            logger.warning("%s: %s", self.name, error)
            return failure(400, str(error))
        trace = {name.lower(): value for name, value in request.headers if name.lower() in TRACE_HEADERS}
        return await self._outcome(event, trace)

    async def _outcome(self, event: Event, trace: Mapping[str, str]) -> Answer:
        about = binding.CONTROL.sub("?", f"{event.type} id={event.id} source={event.source}")  # one line of the log
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                reply = await self._work_once(event, trace)
        except Reject as error:
            logger.warning("%s: rejected %s: %s", self.name, about, error)
            return failure(422, str(error))
        except (Unavailable, OSError) as error:  # an OSError is the world outside: refused, timed out, cut off
            logger.warning("%s: unavailable for %s: %r", self.name, about, error)
            return failure(503, str(error) or f"not done in time: {type(error).__name__}")
        except SettingError as error:
            logger.error("%s: failed on %s: %s", self.name, about, error)  # noqa: TRY400 - the sentence says it all
            return failure(500, str(error))
        except Exception as error:
            logger.exception("%s: failed on %s", self.name, about)
            return failure(500, f"{type(error).__name__}: {error}")
        logger.info("%s: done %s%s", self.name, about, f" reply={reply.id}" if reply else "")
        return Answer(200, binding.write(reply), reply.data) if reply else done()

    async def _work_once(self, event: Event, trace: Mapping[str, str]) -> Event | None:
        async with self.database.transaction() as database:
            context = Context(event, database, self.settings, self.sink, datetime.now(UTC), trace)
            if not self.once(event):
                return await self._work(event, context)
            if not await self.inbox.claim(database, event):
                return await self.inbox.recall(database, event)
            reply = await self._work(event, context)  # a Reject of the data gives the claim back
            if reply:
                await self.inbox.store(database, event, reply)
            return reply

    async def _work(self, event: Event, context: Context) -> Event | None:
        data = event if Event in self.contracts else event.decode(*self.contracts)
        result = await self.function(data, context)
        if result is None:
            return None
        return written(result if isinstance(result, Reply) else Reply(result, context.cause), self.name)
