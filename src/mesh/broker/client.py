"""The delivery client: connections to subscribers, kept and used again, with one request at a time on each.

Written here, on httptools, because of what it saves: aiohttp takes five times the CPU time for a request. No request is
sent twice: one that a subscriber may have seen is an attempt, and what follows is the retry policy's.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Self

from mesh.broker.outgoing import Origin, origin, written
from mesh.broker.subscriber_connection import SubscriberConnection, no_answer
from mesh.errors import NoAnswer
from mesh.wire import Request, Response, Then

IDLE_SECONDS = 3.0  # kept for a request that may come: less than servers wait for one (Hypercorn: 5 s)
SWEEP_SECONDS = 1.0


class HttpClient:
    """Implements `mesh.wire.Client`; use as `async with`."""

    def __init__(self) -> None:
        self._idle: defaultdict[str, list[SubscriberConnection]] = defaultdict(list)  # by base; the last used is last
        self._origins: dict[str, Origin] = {}
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._sweep = self._loop.call_later(SWEEP_SECONDS, self._close_idle)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._sweep.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()

    async def send(self, base: str, request: Request, *, within: float) -> Response:
        """See `mesh.wire.Client.send`."""
        deadline = self._loop.time() + within
        try:
            to = self._origin(base)
            message = written(request, to)
            connection = self._kept(base) or await self._connect(base, to, deadline)
        except ValueError as error:
            raise no_answer(base, error) from error
        answered: asyncio.Future[Response | Exception] = self._loop.create_future()
        connection.exchange(message, deadline, answered.set_result)
        try:
            answer = await answered
        except asyncio.CancelledError:
            if answered.cancelled():  # else the answer is here, and the connection another's by now
                connection.abort()
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    def begin(self, base: str, request: Request, *, within: float, then: Then) -> Callable[[], None] | None:
        """See `mesh.wire.Client.begin`: it waits where no connection is kept. Raises ValueError as `written` does."""
        message = written(request, self._origin(base))
        connection = self._kept(base)
        if connection is None:
            return None
        connection.exchange(message, self._loop.time() + within, then)
        return connection.abort

    def _keep(self, connection: SubscriberConnection) -> None:
        connection.idle_since = self._loop.time()
        self._idle[connection.base].append(connection)

    def _origin(self, base: str) -> Origin:
        known = self._origins.get(base)
        if known is None:
            known = self._origins[base] = origin(base)
        return known

    def _kept(self, base: str) -> SubscriberConnection | None:
        idle = self._idle[base]
        while idle:
            connection = idle.pop()
            if connection.usable:  # the subscriber may have closed it meanwhile
                return connection
        return None

    async def _connect(self, base: str, to: Origin, deadline: float) -> SubscriberConnection:
        if to.secure and self._tls is None:
            self._tls = ssl.create_default_context()
        tls = self._tls if to.secure else None
        connecting = partial(SubscriberConnection, base, self._keep)
        try:
            async with asyncio.timeout_at(deadline):
                _, connection = await self._loop.create_connection(connecting, to.host, to.port, ssl=tls)
        except TimeoutError:
            raise
        except OSError as error:
            raise NoAnswer(f"cannot connect to {base} ({error.strerror or error})") from error
        return connection

    def _close_idle(self) -> None:
        """Hang up where nothing was sent for long, and forget addresses that nobody posts to: replicas come and go."""
        oldest = self._loop.time() - IDLE_SECONDS
        for base, connections in list(self._idle.items()):
            kept = [one for one in connections if one.usable and one.idle_since >= oldest]
            for gone in set(connections) - set(kept):
                gone.abort()
            self._idle[base] = kept
            if not kept:
                del self._idle[base]
                self._origins.pop(base, None)
        self._sweep = self._loop.call_later(SWEEP_SECONDS, self._close_idle)
