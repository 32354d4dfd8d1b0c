"""Several writes as one transaction, with as few statements as their sum needs."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence

import msgspec

from mesh.ledger.records import Advance, Append, Bury, Change, Exhume, Finish, Letter, Postpone, Subscribe, Unsubscribe

SUNK_LETTERS_KEPT = 10_000
# A trigger that is gone leaves no rows: they would hold their events for ever.
_KEEP_ROW = """INSERT OR REPLACE INTO deliveries
    SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM subscriptions WHERE trigger = ?)"""
_FORGET_OLDEST_SUNK = """DELETE FROM letters WHERE state = 'sunk' AND rowid <=
    (SELECT rowid FROM letters WHERE state = 'sunk' ORDER BY rowid DESC LIMIT 1 OFFSET ?)"""
_INSERT_EVENT = """INSERT INTO events (seq, broker, partition, "offset", id, accepted_at, target, replay_of, event)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_SUBSCRIBE = """INSERT INTO subscriptions VALUES (?, ?, ?, ?)
    ON CONFLICT (trigger) DO UPDATE SET rule = excluded.rule"""
_encode = msgspec.msgpack.encode


class Batch:
    """Applies changes on the writing connection and deletes the events that every trigger is done with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._refused: dict[str, set[int]] = {}
        self._newest: int = self._execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0]
        self._offsets = self._stored_offsets()
        self._clear()

    def apply(self, writes: Sequence[Sequence[Change]]) -> list[list[int]]:
        """Commit all writes together; answer each write's new sequence numbers."""
        newest = self._newest
        try:
            self._execute("BEGIN IMMEDIATE")
            answers = [list(self._changes(changes)) for changes in writes]
            self._flush()
            self._execute("COMMIT")
        except BaseException:
            self._newest = newest
            self._offsets |= self._offsets_before
            self.refuse(writes)
            raise
        finally:
            self._clear()
        return answers

    def refuse(self, writes: Sequence[Sequence[Change]]) -> None:
        """Remember what did not reach the disk: positions sent meanwhile count it as done, and must not pass it."""
        for change in (change for changes in writes for change in changes):
            if isinstance(change, Finish | Postpone):
                self._refused.setdefault(change.trigger, set()).add(change.seq)

    def _accept(self, trigger: str, seq: int) -> None:
        refused = self._refused.get(trigger)
        if refused is not None:
            refused.discard(seq)
            if not refused:
                del self._refused[trigger]

    def _clear(self) -> None:
        self._appended: list[tuple[object, ...]] = []
        self._offsets_before: dict[tuple[str, int], int] = {}  # of the partitions appended to
        self._positions: dict[str, int] = {}
        self._finished: list[tuple[str, int]] = []
        self._touched: set[str] = set()  # brokers
        self._sunk = False

    def _changes(self, changes: Sequence[Change]) -> Iterator[int]:
        for change in changes:
            if isinstance(change, Append):
                yield self._append(change)
            else:
                self._change(change)

    def _change(self, change: Change) -> None:
        match change:
            case Advance(trigger, position):
                self._advance(trigger, position)
            case Finish(trigger, seq, position):
                self._accept(trigger, seq)
                self._advance(trigger, position)
                self._finished.append((trigger, seq))
            case Postpone(trigger, seq, position, progress):
                self._accept(trigger, seq)
                self._advance(trigger, position)
                self._execute(_KEEP_ROW, (trigger, seq, _encode(progress), trigger))
            case Bury(letter):
                self._bury(letter)
            case Exhume(letter_id):
                self._execute("DELETE FROM letters WHERE id = ?", (letter_id,))
            case Subscribe(trigger, broker, rule):
                self._execute(_SUBSCRIBE, (trigger, broker, self._newest, rule))
            case Unsubscribe(trigger):
                self._unsubscribe(trigger)

    def _unsubscribe(self, trigger: str) -> None:
        self._touched.update(self._brokers_of([trigger]))
        self._execute("DELETE FROM subscriptions WHERE trigger = ?", (trigger,))
        self._execute("DELETE FROM deliveries WHERE trigger = ?", (trigger,))

    def _append(self, new: Append) -> int:
        self._newest += 1
        self._touched.add(new.broker)
        blob = _encode(new.event)
        place = (new.broker, new.partition, self._next_offset(new.broker, new.partition))
        self._appended.append((self._newest, *place, new.event.id, new.accepted_at, new.target, new.replay_of, blob))
        return self._newest

    def _next_offset(self, broker: str, partition: int) -> int:
        offset = self._offsets.get((broker, partition), 0)
        self._offsets_before.setdefault((broker, partition), offset)
        self._offsets[broker, partition] = offset + 1
        return offset

    def _stored_offsets(self) -> dict[tuple[str, int], int]:
        rows = self._execute("SELECT broker, partition, next_offset FROM partitions")
        return {(broker, partition): offset for broker, partition, offset in rows}

    def _advance(self, trigger: str, position: int) -> None:
        bound = min(self._refused.get(trigger, ()), default=position + 1) - 1
        self._positions[trigger] = max(min(position, bound), self._positions.get(trigger, 0))

    def _bury(self, letter: Letter) -> None:
        about = (letter.id, letter.state, letter.trigger, letter.event.type, _encode(letter))
        self._execute("INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?)", about)
        self._sunk = self._sunk or letter.state == "sunk"

    def _flush(self) -> None:
        self._connection.executemany(_INSERT_EVENT, self._appended)
        moved = [(*place, self._offsets[place]) for place in self._offsets_before]
        self._connection.executemany("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?)", moved)
        self._flush_finished()
        self._flush_positions()
        self._delete_done()
        if self._sunk:
            self._execute(_FORGET_OLDEST_SUNK, (SUNK_LETTERS_KEPT,))

    def _flush_finished(self) -> None:
        beyond = [(trigger, seq) for trigger, seq in self._finished if seq > self._positions[trigger]]
        within = [(trigger, seq) for trigger, seq in self._finished if seq <= self._positions[trigger]]
        self._connection.executemany(_KEEP_ROW, [(trigger, seq, None, trigger) for trigger, seq in beyond])
        self._connection.executemany("DELETE FROM deliveries WHERE trigger = ? AND seq = ?", within)

    def _flush_positions(self) -> None:
        moved = [(position, trigger) for trigger, position in self._positions.items()]
        self._connection.executemany("UPDATE subscriptions SET position = max(position, ?) WHERE trigger = ?", moved)
        self._connection.executemany(
            "DELETE FROM deliveries WHERE seq <= ? AND trigger = ? AND progress IS NULL", moved
        )

    def _delete_done(self) -> None:
        """Delete the events that all triggers of their broker have passed and that nobody tries again."""
        self._touched.update(self._brokers_of(self._positions))
        for broker in self._touched:
            self._execute(
                """DELETE FROM events WHERE broker = :broker
                AND seq <= (SELECT coalesce(min(position), :newest) FROM subscriptions WHERE broker = :broker)
                AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = events.seq AND d.progress IS NOT NULL)""",
                {"broker": broker, "newest": self._newest},
            )

    def _brokers_of(self, triggers: Collection[str]) -> set[str]:
        subscribed = self._execute("SELECT trigger, broker FROM subscriptions")
        return {broker for trigger, broker in subscribed if trigger in triggers}
