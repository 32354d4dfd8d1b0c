"""Whether a replica can work yet: its settings are right and its database has answered once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from step.errors import StepError

logger = logging.getLogger("step")

PAUSE_SECONDS = 0.5


class Readiness:
    """`missing` says what is not there yet; None for good once everything was, since it gates only the start."""

    def __init__(self, open_all: Callable[[], Awaitable[None]]) -> None:
        self._open = open_all
        self.missing: str | None = "the database is being opened"

    async def follow(self) -> None:
        """Try until it is there; a reason is logged once for as long as it stays the same."""
        while (missing := await self._try()) is not None:
            if missing != self.missing:
                logger.warning("not ready: %s", missing)
            self.missing = missing
            await asyncio.sleep(PAUSE_SECONDS)  # noqa: TID251 - the clock is the mesh's, which is not here
        self.missing = None

    async def _try(self) -> str | None:
        try:
            await self._open()
        except StepError as error:
            return str(error)
        return None
