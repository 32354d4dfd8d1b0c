"""The newest events as they went in: a trigger that keeps up reads none from the disk, whatever their number."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mesh.ledger.records import Stored

EVENTS = 1_000  # of each broker, at most
SIZE = 4 * 1_048_576  # of their data and attributes, likewise


@dataclass(slots=True)
class _Tail:
    """All of a broker's events after number `missing`, unless they are done with."""

    missing: int
    events: deque[Stored] = field(default_factory=deque)
    size: int = 0

    def add(self, stored: Stored) -> None:
        self.events.append(stored)
        self.size += _size(stored)
        while len(self.events) > EVENTS or self.size > SIZE:
            self._drop_oldest()

    def drop(self, upto: int) -> None:
        while self.events and self.events[0].seq <= upto:
            self._drop_oldest()

    def after(self, seq: int, limit: int) -> Sequence[Stored] | None:
        if seq < self.missing:
            return None
        newer: list[Stored] = []
        for stored in reversed(self.events):  # from the end: most readers are near it
            if stored.seq <= seq:
                break
            newer.append(stored)
        newer.reverse()
        return newer[:limit]

    def _drop_oldest(self) -> None:
        oldest = self.events.popleft()
        self.size -= _size(oldest)
        self.missing = oldest.seq


class Recent:
    """`missing` is the newest number in a ledger that was just opened. The writing thread adds, the loop reads."""

    def __init__(self, missing: int) -> None:
        self._missing = missing
        self._tails: dict[str, _Tail] = {}
        self._lock = threading.Lock()

    def turn(self, added: Sequence[Stored], done: Mapping[str, int]) -> None:
        """Add what is on disk now, and drop what each broker's triggers are done with, up to those numbers."""
        with self._lock:
            for stored in added:
                self._tail(stored.broker).add(stored)
            for broker, upto in done.items():
                self._tail(broker).drop(upto)

    def after(self, broker: str, seq: int, limit: int) -> Sequence[Stored] | None:
        """The broker's next events after that number, oldest first; None where these must be read from the disk."""
        with self._lock:
            return self._tail(broker).after(seq, limit)

    def _tail(self, broker: str) -> _Tail:
        tail = self._tails.get(broker)
        if tail is None:
            tail = self._tails[broker] = _Tail(self._missing)
        return tail


def _size(stored: Stored) -> int:
    return len(stored.event.data or b"") + sum(map(len, stored.event.attributes.values()))
