"""One HTTP attempt at delivering one event, and nothing about what follows from it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta

from mesh.broker.faults import Faults
from mesh.clock import Clock
from mesh.control.shapes import Fault
from mesh.errors import NoAnswer, NotDone
from mesh.event import Event, to_headers
from mesh.wire import Client, Request, Response


@dataclass(frozen=True, slots=True)
class Address:
    """Where a subscriber or a sink is: `url` as shown, `lease` yields the base URL to post to while it is held."""

    url: str
    path: str
    lease: Callable[[], AbstractAsyncContextManager[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt; `response` is None when there was none, and `error` says why."""

    response: Response | None
    error: str = ""
    fault: bool = False


class Delivery:
    """Posts events in binary mode, as the broker's dispatcher does."""

    def __init__(self, client: Client, faults: Faults, clock: Clock) -> None:
        self._client = client
        self._faults = faults
        self._clock = clock

    async def to_subscriber(
        self, trigger: str, namespace: str, address: Address, event: Event, within: timedelta
    ) -> Result:
        """Attempt once, after what `mesh fault` wants of this attempt."""
        fault = self._faults.take(trigger)
        if fault is None:
            return await self.to_sink(namespace, address, event, within)
        if fault.delay is None:
            return _without_calling(fault)
        return await self._delayed(fault.delay, namespace, address, event, within)

    async def to_sink(self, namespace: str, address: Address, event: Event, within: timedelta) -> Result:
        """Attempt once; `within` covers waiting for a replica, too."""
        headers = [("prefer", "reply"), ("kn-namespace", namespace), *to_headers(event)]
        request = Request("POST", address.path, headers, event.data or b"")
        seconds = within.total_seconds()
        try:
            async with asyncio.timeout(seconds), address.lease() as base:
                return Result(await self._client.send(base, request, within=seconds))
        except TimeoutError:
            return Result(None, f"no response within {seconds:g} s")
        except (NoAnswer, NotDone) as error:
            return Result(None, str(error))

    async def _delayed(
        self, seconds: float, namespace: str, address: Address, event: Event, within: timedelta
    ) -> Result:
        """The delay is part of the attempt, so it can use up its time-out."""
        left = within.total_seconds() - seconds
        await self._clock.sleep(min(seconds, within.total_seconds()))
        if left <= 0:
            return Result(None, f"no response within {within.total_seconds():g} s", fault=True)
        result = await self.to_sink(namespace, address, event, timedelta(seconds=left))
        return Result(result.response, result.error, fault=True)


def _without_calling(fault: Fault) -> Result:
    if fault.drop:
        return Result(None, "the connection broke", fault=True)
    return Result(Response(fault.status or 503, []), fault=True)
