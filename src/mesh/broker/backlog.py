"""How much each trigger is not done with, counted in slices between which the loop turns."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mesh.broker.dispatcher import Dispatcher
from mesh.ledger.port import Ledger
from mesh.ledger.records import Stored, Subscription

SLICE_EVENTS = 100


@dataclass(slots=True)
class Outstanding:
    """One trigger's events: not begun, and attempted now or waiting for a retry."""

    pending: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """`at_once` says that nothing else could happen while it was counted."""

    by_trigger: Mapping[str, Outstanding]
    at_once: bool

    @property
    def pending(self) -> int:
        return sum(one.pending for one in self.by_trigger.values())

    @property
    def in_flight(self) -> int:
        return sum(one.in_flight for one in self.by_trigger.values())


async def count(ledger: Ledger, dispatchers: Iterable[Dispatcher], event_type: str | None = None) -> Backlog:
    """Count what the ledger says the triggers are not done with, of one type or of all."""
    standing = {one.trigger: one for one in ledger.subscriptions()}
    tallies = [
        _Tally(dispatcher, standing[dispatcher.route.key], event_type)
        for dispatcher in dispatchers
        if dispatcher.route.key in standing
    ]
    easy: dict[str, _Tally] = {}
    choosy: defaultdict[str, list[_Tally]] = defaultdict(list)
    for tally in tallies:
        tally.add_begun(ledger)
        if tally.is_choosy:
            choosy[tally.standing.broker].append(tally)
        else:
            easy[tally.standing.trigger] = tally
    for trigger, ahead in ledger.ahead(easy).items():
        easy[trigger].add_ahead(ahead)
    turned = [await _look_through(ledger, broker, of_broker) for broker, of_broker in choosy.items()]
    return Backlog({tally.standing.trigger: tally.counted for tally in tallies}, at_once=not any(turned))


async def _look_through(ledger: Ledger, broker: str, tallies: Sequence["_Tally"]) -> bool:
    """Show each event that is stored to the triggers that choose; answer whether the loop turned meanwhile."""
    turned = False
    after = min(tally.standing.position for tally in tallies)
    while events := ledger.read(broker, after, SLICE_EVENTS):
        for stored in events:
            for tally in tallies:
                tally.look_at(stored)
        if len(events) < SLICE_EVENTS:
            break
        after = events[-1].seq
        turned = True
        await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, no wait
    return turned


class _Tally:
    """Counts for one trigger, as it stood in the ledger when the counting began."""

    def __init__(self, dispatcher: Dispatcher, standing: Subscription, event_type: str | None) -> None:
        self.standing = standing
        self.counted = Outstanding()
        self._event_type = event_type
        self._route = dispatcher.route
        self._in_hand = frozenset(seq for seq in dispatcher.in_hand if self._is_ahead(seq))

    @property
    def is_choosy(self) -> bool:
        """Whether an event must be looked at to know that it counts."""
        return bool(self._route.trigger.filters) or self._event_type is not None

    def add_begun(self, ledger: Ledger) -> None:
        """Count the events that have a row: they matched."""
        rows = self.standing.open
        if self._event_type is None:
            self.counted.in_flight += len(rows)
        else:
            self.counted.in_flight += sum(self._of_type(stored) for seq in rows if (stored := ledger.event(seq)))

    def add_ahead(self, ahead: int) -> None:
        """Count so many events without a row, all of which it wants.

        The ledger's writer is a thread: what is in hand may be done with since the trigger's standing was read.
        """
        self.counted.in_flight += len(self._in_hand)
        self.counted.pending += max(0, ahead - len(self._in_hand))

    def look_at(self, stored: Stored) -> None:
        if self._is_ahead(stored.seq) and self._of_type(stored) and self._route.wants(stored):
            begun = stored.seq in self._in_hand
            self.counted.in_flight += begun
            self.counted.pending += not begun

    def _is_ahead(self, seq: int) -> bool:
        standing = self.standing
        return seq > standing.position and seq not in standing.done and seq not in standing.open

    def _of_type(self, stored: Stored) -> bool:
        return self._event_type in (None, stored.event.type)
