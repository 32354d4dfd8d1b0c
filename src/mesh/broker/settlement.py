"""When every trigger is through with an event, and whether all were rid of it: what class MT's producer waits for.

Source: the in-memory channel answers after its fan-out (knative/eventing pkg/channel/fanout/fanout_event_handler.go).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Open:
    outstanding: int
    ended: Callable[[bool], object]
    ok: bool = True


class Settlements:
    """Events that somebody waits for, by sequence number; what nobody waits for is ignored."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}

    def wait(self, seq: int, triggers: int) -> "asyncio.Future[bool]":
        """Return a future of whether no trigger gave the event up for good without a dead letter sink."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._begin(seq, triggers, lambda ok: settle(future, ok=ok))
        return future

    def report(self, seq: int, *, ok: bool, reply: tuple[int, int] | None = None) -> None:
        """A trigger is through with the event; `reply`, a sequence number and its triggers, is waited for, too.

        How the reply fares is its own matter: it is stored, and its dead letters are listed.
        """
        if seq not in self._open:
            return
        if reply is None:
            self._end(seq, ok=ok)
        else:
            self._begin(*reply, lambda _: self._end(seq, ok=ok))

    def _begin(self, seq: int, triggers: int, ended: Callable[[bool], object]) -> None:
        if triggers == 0:
            ended(True)
        else:
            self._open[seq] = _Open(triggers, ended)

    def _end(self, seq: int, *, ok: bool) -> None:
        standing = self._open[seq]
        standing.outstanding -= 1
        standing.ok &= ok
        if standing.outstanding == 0:
            del self._open[seq]
            standing.ended(standing.ok)


def settle(future: "asyncio.Future[bool]", *, ok: bool) -> None:
    """Give the future its result, unless it has one or nobody waits any more."""
    if not future.done():
        future.set_result(ok)
