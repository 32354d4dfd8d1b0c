"""When a replica may get requests."""

import asyncio

import aiohttp

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions.replica import Launch, Replica

FIRST_PAUSE_SECONDS = 0.005  # a database is open within milliseconds of the server
LONGEST_PAUSE_SECONDS = 0.05


class Readiness:
    """Asks a replica over HTTP."""

    def __init__(self, client: aiohttp.ClientSession, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def gate(self, launch: Launch, replica: Replica) -> Replica:
        """The replica, once it is ready; one that is not in time is killed. Raises StartFailed with its last words."""
        within_seconds = launch.probes.start_timeout.total_seconds()
        try:
            async with asyncio.timeout(within_seconds):
                await self._until_ready(launch, replica)
        except TimeoutError:
            replica.kill()
            late = f"was not ready within {within_seconds:g} s (run.startTimeout in func.yaml)"
            raise failed(launch, late, replica) from None
        except BaseException:
            replica.kill()
            await replica.ended()
            raise
        return replica

    async def _until_ready(self, launch: Launch, replica: Replica) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not await self._is_ready(replica.url + launch.probes.readiness):
            if replica.gone:
                raise failed(launch, f"ended before it was ready (status {await replica.ended()})", replica)
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _is_ready(self, url: str) -> bool:
        """One request is enough: it waits in the socket's backlog until the function serves."""
        try:
            async with self._client.get(url) as answer:
                return answer.status == 200  # noqa: PLR2004
        except aiohttp.ClientError:
            return False


def failed(launch: Launch, what: str, replica: Replica) -> StartFailed:
    return StartFailed(f"function {launch.function} {what}; it said:\n{replica.last_words or '(nothing)'}")
