"""One broker's events, read once for all triggers that keep up; one that does not reads on for itself.

A trigger that wants other types costs an event nothing: it is neither asked nor woken, and all positions are written as
one, once for all events of a while.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from mesh.broker.route import Route
from mesh.errors import LedgerUnavailable
from mesh.ledger.port import Ledger
from mesh.ledger.records import Advance, Stored
from mesh.remembered import LONGEST

READ_EVENTS = 100
TYPES_KNOWN = 1_000
ADVANCE_SECONDS = 0.05  # events stay in the ledger as much longer; at once, a hundred idle triggers cost a fifth more

Passed = Callable[[Stored, int], None]
"""So many triggers do not want the event."""


class Follower(Protocol):
    """A trigger's dispatcher, seen from the feed."""

    route: Route

    @property
    def read(self) -> int:
        """The newest sequence number that it has looked at."""
        ...

    def wants(self, stored: Stored) -> bool: ...

    def take(self, stored: Stored) -> None:
        """Begin with an event that it wants, or leave the feed and read on for itself."""
        ...

    def read_on(self) -> None:
        """Leave the feed and read on for itself."""
        ...

    def passed(self, position: int) -> bool:
        """Everything up to here was shown to it; answer whether it has nothing under way, so that it stands there."""
        ...


class Feed:
    """Hands out what its broker's followers want, in order, in the loop's next turn after it was stored."""

    def __init__(self, broker: str, ledger: Ledger, passed: Passed) -> None:
        self._broker = broker
        self._ledger = ledger
        self.passed = passed
        self._position = 0
        self._followers: set[Follower] = set()
        self._scheduled = False
        self._advancing = False
        self.serve(())

    def serve(self, dispatchers: Sequence[Follower]) -> None:
        """Have these triggers and no other, as their routes say now."""
        self._dispatchers = dispatchers
        self._followers.intersection_update(dispatchers)
        self.routes = tuple(dispatcher.route for dispatcher in dispatchers)
        self._by_type: dict[str, list[Follower]] = {}

    def wake(self) -> None:
        """Say that there are new events."""
        if self._followers and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def joined(self, dispatcher: Follower) -> bool:
        """Let a trigger that has read to the end follow; no when more has come meanwhile."""
        while self._hand_out():
            pass
        if self._ledger.read(self._broker, dispatcher.read, 1):
            return False
        self._position = max(self._position, dispatcher.read)
        dispatcher.passed(self._position)
        self._followers.add(dispatcher)
        return True

    def leave(self, dispatcher: Follower) -> None:
        """Let it read on from what it was shown."""
        if dispatcher in self._followers:
            self._followers.discard(dispatcher)
            dispatcher.passed(self._position)

    def advance(self, triggers: Sequence[str], position: int) -> None:
        """Nobody waits for it: a position that is lost is found again by filtering again."""
        self._ledger.write(Advance(triggers, position)).add_done_callback(_ignore)

    def _turn(self) -> None:
        self._scheduled = False
        if self._hand_out():
            self.wake()

    def _hand_out(self) -> bool:
        """Show the next events to those who follow; answer whether there may be more."""
        if not self._followers:
            return False
        try:
            events = self._ledger.read(self._broker, self._position, READ_EVENTS)
        except LedgerUnavailable:
            for dispatcher in list(self._followers):
                dispatcher.read_on()  # each meets it in its own task, where it is told
            return False
        for stored in events:
            self._show(stored)
            self._position = stored.seq
        if events and not self._advancing:
            self._advancing = True
            asyncio.get_running_loop().call_later(ADVANCE_SECONDS, self._advance_idle)
        return len(events) == READ_EVENTS

    def _show(self, stored: Stored) -> None:
        passed = len(self._followers)
        for dispatcher in self._asked(stored):
            if dispatcher in self._followers and dispatcher.wants(stored):
                passed -= 1
                dispatcher.take(stored)
        self.passed(stored, passed)

    def _asked(self, stored: Stored) -> Sequence[Follower]:
        """Who may want it: a replay passes filters by."""
        if stored.target is not None:
            return self._dispatchers
        of_type = stored.event.type
        asked = self._by_type.get(of_type)
        if asked is None:
            if len(self._by_type) >= TYPES_KNOWN:
                self._by_type.clear()
            asked = [one for one in self._dispatchers if one.route.types is None or of_type in one.route.types]
            if len(of_type) <= LONGEST:
                self._by_type[of_type] = asked
        return asked

    def _advance_idle(self) -> None:
        """Write down where those stand who have nothing under way; the others' positions go with what they end."""
        self._advancing = False
        idle = [one.route.key for one in self._followers if one.passed(self._position)]
        if idle:
            self.advance(idle, self._position)


def _ignore(future: "asyncio.Future[list[int]]") -> None:
    future.exception()
