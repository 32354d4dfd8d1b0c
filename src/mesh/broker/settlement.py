"""When every trigger is through with an event, and whether all were rid of it: what class MT's producer waits for.

Source: the in-memory channel answers after its fan-out (knative/eventing pkg/channel/fanout/fanout_event_handler.go).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from mesh.ledger.records import Append, Stored

# An event is known by what it has before it is written: a trigger can be through with it before its number is known.
Key = tuple[float, str, str]


@dataclass(slots=True)
class _Open:
    outstanding: int
    ended: Callable[[bool], object]
    ok: bool = True


class Settlements:
    """Events that somebody waits for; what nobody waits for is ignored."""

    def __init__(self) -> None:
        self._open: dict[Key, _Open] = {}

    def wait(self, event: Append, triggers: int, within: float) -> "asyncio.Future[bool]":
        """Return a future of whether no trigger gave the event up for good without a dead letter sink.

        To be called before the event is written. After `within` seconds it is False.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        if triggers == 0:
            future.set_result(True)
            return future
        timer = loop.call_later(within, lambda: settle(future, ok=False))
        self._open[_key(event)] = _Open(triggers, lambda ok: settle(future, ok=ok))
        future.add_done_callback(lambda _: self._close(event, timer))
        return future

    def add(self, reply: Append, cause: Stored, triggers: int) -> None:
        """Let the cause end with its reply, which is about to be written.

        How the reply fares is its own matter: it is stored, and its dead letters are listed.
        """
        if triggers and (standing := self._open.get(_key(cause))) is not None:
            standing.outstanding += 1
            self._open[_key(reply)] = _Open(triggers, lambda _: self.report(cause))

    def report(self, event: Stored, triggers: int = 1, *, ok: bool = True) -> None:
        """So many triggers are through with the event."""
        if not self._open or (standing := self._open.get(_key(event))) is None:
            return
        standing.outstanding -= triggers
        standing.ok &= ok
        if standing.outstanding == 0:
            del self._open[_key(event)]
            standing.ended(standing.ok)

    def _close(self, event: Append, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._open.pop(_key(event), None)


def settle(future: "asyncio.Future[bool]", *, ok: bool) -> None:
    """Give the future its result, unless it has one or nobody waits any more."""
    if not future.done():
        future.set_result(ok)


def _key(event: Append | Stored) -> Key:
    return event.accepted_at, event.event.source, event.event.id
