"""The table of record batches, as the writing connection has it: events come, and go when nobody needs them."""

import sqlite3
from collections.abc import Iterable, KeysView

from mesh.ledger.record_batch import RecordBatch, alone, decoded

_INSERT = "INSERT INTO record_batches VALUES (?, ?, ?, ?, ?, ?)"
_OF_BROKER = "FROM record_batches WHERE broker = ? AND last > ? AND last <= ?"


class Log:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def append(self, batches: Iterable[RecordBatch]) -> None:
        self._connection.executemany(_INSERT, [batch.row for batch in batches])

    def pass_by(self, broker: str, before: int, done: int, postponed: KeysView[int]) -> None:
        """All of a broker's triggers were done to `before` and now are to `done`: only what is postponed stays.

        It stays alone in a row, since it may stay for long, and what it came with must not.
        """
        passed = (broker, before, done)
        kept = self._kept(passed, postponed) if postponed else []
        self._connection.execute(f"DELETE {_OF_BROKER}", passed)
        if kept:
            self.append(kept)

    def drop(self, seqs: Iterable[int]) -> None:
        """Delete what was postponed and stayed alone; of any other number nothing."""
        self._connection.executemany("DELETE FROM record_batches WHERE last = ?", [(seq,) for seq in seqs])

    def _kept(self, passed: tuple[str, int, int], postponed: KeysView[int]) -> list[RecordBatch]:
        bounds = self._connection.execute(f"SELECT first, last {_OF_BROKER}", passed).fetchall()
        holding = [last for first, last in bounds if not postponed.isdisjoint(range(first, last + 1))]
        return [batch for last in holding for batch in self._alone(last, postponed)]

    def _alone(self, last: int, postponed: KeysView[int]) -> list[RecordBatch]:
        query = "SELECT first, events FROM record_batches WHERE last = ?"
        (row,) = self._connection.execute(query, (last,))
        return [alone(stored) for stored in decoded(*row) if stored.seq in postponed]
