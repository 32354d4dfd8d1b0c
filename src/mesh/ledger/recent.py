"""The newest events as they went in: a trigger that keeps up reads none from the disk, whatever their number."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from mesh.ledger.record_batch import RecordBatch
from mesh.ledger.records import Stored

EVENTS = 1_000  # of each broker, at most
SIZE = 4 * 1_048_576  # bytes of them, likewise


@dataclass(slots=True)
class _Tail:
    """All of a broker's events after number `missing`; those before it may be done with."""

    missing: int
    batches: deque[tuple[Sequence[Stored], int]] = field(default_factory=deque)  # and the size of each
    events: int = 0
    size: int = 0

    def add(self, batch: RecordBatch) -> None:
        self.batches.append((batch.events, len(batch.encoded)))
        self.events += len(batch.events)
        self.size += len(batch.encoded)
        while self.events > EVENTS or self.size > SIZE:
            self._drop_oldest()

    def drop(self, upto: int) -> None:
        while self.batches and self.batches[0][0][-1].seq <= upto:
            self._drop_oldest()
        self.missing = max(self.missing, upto)

    def after(self, seq: int, limit: int) -> Sequence[Stored] | None:
        if seq < self.missing:
            return None
        newer: list[Sequence[Stored]] = []
        for events, _ in reversed(self.batches):  # from the end: most readers are near it
            if events[-1].seq <= seq:
                break
            newer.append(events[max(0, seq + 1 - events[0].seq) :])
        return list(islice(chain.from_iterable(reversed(newer)), limit))

    def _drop_oldest(self) -> None:
        oldest, size = self.batches.popleft()
        self.events -= len(oldest)
        self.size -= size
        self.missing = max(self.missing, oldest[-1].seq)


class Recent:
    """`missing` is the newest number in a ledger that was just opened. The writing thread adds, the loop reads."""

    def __init__(self, missing: int) -> None:
        self._missing = missing
        self._tails: dict[str, _Tail] = {}
        self._lock = threading.Lock()

    def turn(self, added: Sequence[RecordBatch], done: Mapping[str, int]) -> None:
        """Add what is on disk now, and drop what each broker's triggers are done with, up to those numbers."""
        with self._lock:
            for batch in added:
                self._tail(batch.events[0].broker).add(batch)
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
