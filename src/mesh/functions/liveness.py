"""Whether a running replica still answers."""

import asyncio

import aiohttp

from mesh.clock import Clock
from mesh.functions.replica import Launch
from mesh.functions.slot import Slot

# Kubernetes' defaults, which hold on the cluster, since func sets none of them
PERIOD_SECONDS = 10.0
TIMEOUT_SECONDS = 1.0
FAILURE_THRESHOLD = 3


class Liveness:
    """Probes a replica over HTTP."""

    def __init__(self, client: aiohttp.ClientSession, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def lost(self, launch: Launch, slot: Slot) -> str:
        """Wait until the probe has failed three times in a row, and say how.

        A request that was answered meanwhile proves more than a probe, which waits behind all that are in flight.
        """
        path, failures, problem = launch.probes.liveness, 0, ""
        while failures < FAILURE_THRESHOLD:
            answers = slot.answers
            await self._clock.sleep(PERIOD_SECONDS)
            problem = await self._problem(slot.replica.url + path)
            failures = failures + 1 if problem and slot.answers == answers else 0
        return f"failed its liveness probe {FAILURE_THRESHOLD} times in a row (GET {path}: {problem})"

    async def _problem(self, url: str) -> str:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._client.get(url) as answer:
                return "" if answer.ok else f"status {answer.status}"
        except TimeoutError:
            return f"no answer within {TIMEOUT_SECONDS:g} s"
        except aiohttp.ClientError as error:
            return f"{type(error).__name__}: {error}"
