"""One HTTP attempt at delivering one event, and nothing about what follows from it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from mesh.broker.faults import Faults
from mesh.clock import Clock
from mesh.control.shapes import Fault
from mesh.errors import NoAnswer, NotDone
from mesh.wire import Client, Request, Response, Then


@dataclass(frozen=True, slots=True)
class Address:
    """Where a subscriber or a sink is: `url` as shown, `base` what to put before the path.

    What runs only when it is needed has no base, and `lease` yields one to post to while it is held.
    """

    url: str
    path: str
    base: str = ""
    lease: Callable[[], AbstractAsyncContextManager[str]] | None = None


class Result(Struct, frozen=True, gc=False):
    """What came of an attempt; `response` is None when there was none, and `error` says why."""

    response: Response | None
    error: str = ""
    fault: bool = False
    timed_out: bool = False

    @classmethod
    def of(cls, answer: Response | Exception, within: timedelta) -> Self:
        """What an attempt came to that was answered so, or ended with that error."""
        if isinstance(answer, Response):
            return cls(answer)
        if isinstance(answer, TimeoutError):
            return cls(None, f"no response within {within.total_seconds():g} s", timed_out=True)
        return cls(None, str(answer))


class Delivery:
    """Posts messages, and does to a trigger's what `mesh fault` wants."""

    def __init__(self, client: Client, faults: Faults, clock: Clock) -> None:
        self._client = client
        self._faults = faults
        self._clock = clock

    def to_subscriber(
        self, trigger: str, address: Address, request: Request, within: timedelta
    ) -> Coroutine[None, None, Result]:
        """Attempt once, after what `mesh fault` wants of this attempt."""
        fault = self._faults.take(trigger)
        if fault is None:
            return self.attempt(address, request, within)
        if fault.delay is None:
            return _without_calling(fault)
        return self._delayed(fault.delay, address, request, within)

    def begin(
        self, trigger: str, address: Address, request: Request, within: timedelta, then: Then
    ) -> Callable[[], object] | None:
        """Attempt once, at an address without a lease, if that takes no waiting: see `mesh.wire.Client.begin`."""
        if self._faults.has(trigger):
            return None
        return self._client.begin(address.base, request, within=within.total_seconds(), then=then)

    async def attempt(self, address: Address, request: Request, within: timedelta) -> Result:
        """Attempt once; `within` covers waiting for a replica, too."""
        seconds = within.total_seconds()
        try:
            if address.lease is None:
                return Result(await self._client.send(address.base, request, within=seconds))
            async with asyncio.timeout(seconds), address.lease() as base:
                return Result(await self._client.send(base, request, within=seconds))
        except (TimeoutError, NoAnswer, NotDone) as error:
            return Result.of(error, within)

    async def _delayed(self, seconds: float, address: Address, request: Request, within: timedelta) -> Result:
        """The delay is part of the attempt, so it can use up its time-out."""
        left = within - timedelta(seconds=seconds)
        await self._clock.sleep(min(seconds, within.total_seconds()))
        if left <= timedelta(0):
            return replace(Result.of(TimeoutError(), within), fault=True)
        return replace(await self.attempt(address, request, left), fault=True)


async def _without_calling(fault: Fault) -> Result:
    if fault.drop:
        return Result(None, "the connection broke", fault=True)
    return Result(Response(fault.status or 503, []), fault=True)
