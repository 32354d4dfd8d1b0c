"""From a GET to a JSON document: safe, without the inbox."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from step.database import Connection, Database
from step.errors import Reject, SettingError, Unavailable
from step.messages import Answer, Request, document

logger = logging.getLogger("step")

Query = Callable[[Mapping[str, str], Connection], Awaitable[object | None]]
DEADLINE_SECONDS = 10


class Queries(msgspec.Struct, frozen=True):
    """Answers each GET in a read-only transaction of its own."""

    name: str
    query: Query
    database: Database

    async def answer(self, request: Request) -> Answer:
        asked = "&".join(f"{name}={value}" for name, value in request.parameters.items())
        if "\x00" in asked:
            return document(400, {"error": "a query cannot hold the character NUL"})
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self.database.transaction(readonly=True) as database:
                found = await self.query(request.parameters, database)
        except Reject as error:
            return document(400, {"error": str(error)})
        except (Unavailable, OSError) as error:
            logger.warning("%s: unavailable for GET ?%s: %r", self.name, asked, error)
            return document(503, {"error": str(error) or type(error).__name__})
        except SettingError as error:
            logger.error("%s: failed on GET ?%s: %s", self.name, asked, error)  # noqa: TRY400 - the sentence says it all
            return document(500, {"error": str(error)})
        except Exception as error:
            logger.exception("%s: failed on GET ?%s", self.name, asked)
            return document(500, {"error": f"{type(error).__name__}: {error}"})
        return document(404, {"error": f"nothing is known of {asked}"}) if found is None else document(200, found)
