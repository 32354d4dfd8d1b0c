"""Several writes as one transaction, with as few statements as their sum needs.

Few, because between two statements the loop may take the interpreter, and gives it back only after milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from mesh.ledger.recent import Recent
from mesh.ledger.records import (
    Advance,
    Append,
    Bury,
    Change,
    Exhume,
    Finish,
    Letter,
    Postpone,
    Stored,
    Subscribe,
    Unsubscribe,
)

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
# Of all triggers at once: a JSON object of their positions.
_ADVANCE = """UPDATE subscriptions SET position = max(position, moved.value)
    FROM json_each(?) AS moved WHERE trigger = moved.key"""
_FORGET_DONE_ROWS = """DELETE FROM deliveries WHERE (trigger, seq) IN (SELECT trigger, seq
    FROM json_each(?) AS moved JOIN deliveries ON trigger = moved.key AND seq <= moved.value WHERE progress IS NULL)"""
_AHEAD = "SELECT DISTINCT trigger FROM deliveries WHERE progress IS NULL"
_DONE = "SELECT coalesce(min(position), ?) FROM subscriptions WHERE broker = ?"
# All triggers of their broker have passed these, and nobody tries them again.
_DELETE_DONE = """DELETE FROM events WHERE broker = ? AND seq <= ?
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = events.seq AND d.progress IS NOT NULL)"""
_encode = msgspec.msgpack.encode


class Batch:
    """Applies changes on the writing connection and deletes the events that every trigger is done with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._refused: dict[str, set[int]] = {}
        self._is_stale = True  # the last transaction failed
        self._load()
        self.recent = Recent(self._newest)
        self._clear()

    def apply(self, writes: Sequence[Sequence[Change]]) -> list[list[int]]:
        """Commit all writes together; answer each write's new sequence numbers."""
        try:
            if self._is_stale:
                self._load()
            self._execute("BEGIN IMMEDIATE")
            answers = [list(self._changes(changes)) for changes in writes]
            self._flush()
            self._execute("COMMIT")
            self.recent.turn(self._new, self._done)
        except BaseException:
            self._is_stale = True
            self.refuse(writes)
            raise
        finally:
            self._clear()
        return answers

    def _load(self) -> None:
        """Know what is on disk: the newest number, the next offsets, the triggers and which of them have rows."""
        self._newest: int = self._execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0]
        partitions = self._execute("SELECT broker, partition, next_offset FROM partitions")
        self._offsets: dict[tuple[str, int], int] = {tuple(place): offset for *place, offset in partitions}
        self._brokers: dict[str, str] = dict(self._execute("SELECT trigger, broker FROM subscriptions").fetchall())
        self._served = set(self._brokers.values())
        rows = self._execute("SELECT trigger, seq FROM deliveries WHERE progress IS NOT NULL")
        self._postponed: set[tuple[str, int]] = set(rows.fetchall())
        self._ahead: set[str] = {trigger for (trigger,) in self._execute(_AHEAD)}
        self._is_stale = False

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
        self._new: list[Stored] = []
        self._appended_to: set[tuple[str, int]] = set()  # partitions
        self._positions: dict[str, int] = {}
        self._finished: list[tuple[str, int]] = []
        self._touched: set[str] = set()  # brokers
        self._done: dict[str, int] = {}  # by broker: the number up to which all of its triggers are done
        self._sunk = False

    def _changes(self, changes: Sequence[Change]) -> Iterator[int]:
        for change in changes:
            if isinstance(change, Append):
                yield self._append(change)
            else:
                self._change(change)

    def _change(self, change: Change) -> None:
        match change:
            case Finish(trigger, seq, position):
                self._accept(trigger, seq)
                self._advance([trigger], position)
                self._finished.append((trigger, seq))
            case Advance(triggers, position):
                self._advance(triggers, position)
            case Postpone(trigger, seq, position, progress):
                self._accept(trigger, seq)
                self._advance([trigger], position)
                self._execute(_KEEP_ROW, (trigger, seq, _encode(progress), trigger))
                self._postponed.add((trigger, seq))
            case Bury(letter):
                self._bury(letter)
            case Exhume(letter_id):
                self._execute("DELETE FROM letters WHERE id = ?", (letter_id,))
            case Subscribe(trigger, broker, rule):
                self._execute(_SUBSCRIBE, (trigger, broker, self._newest, rule))
                self._brokers.setdefault(trigger, broker)
                self._served.add(broker)
            case Unsubscribe(trigger):
                self._unsubscribe(trigger)

    def _unsubscribe(self, trigger: str) -> None:
        broker = self._brokers.pop(trigger, None)
        if broker is not None:
            self._touched.add(broker)
            self._served = set(self._brokers.values())
        self._postponed = {row for row in self._postponed if row[0] != trigger}
        self._execute("DELETE FROM subscriptions WHERE trigger = ?", (trigger,))
        self._execute("DELETE FROM deliveries WHERE trigger = ?", (trigger,))

    def _append(self, new: Append) -> int:
        self._newest += 1
        if new.broker not in self._served:
            self._touched.add(new.broker)  # nobody wants it
        place = (new.broker, new.partition)
        self._appended_to.add(place)
        offset = self._offsets.get(place, 0)
        self._offsets[place] = offset + 1
        about = (new.broker, new.accepted_at, new.event, new.target, new.replay_of, new.partition, offset)
        self._new.append(Stored(self._newest, *about))
        return self._newest

    def _advance(self, triggers: Sequence[str], position: int) -> None:
        for trigger in triggers:
            bound = min(self._refused.get(trigger, ()), default=position + 1) - 1
            self._positions[trigger] = max(min(position, bound), self._positions.get(trigger, 0))

    def _bury(self, letter: Letter) -> None:
        about = (letter.id, letter.state, letter.trigger, letter.event.type, _encode(letter))
        self._execute("INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?)", about)
        self._sunk = self._sunk or letter.state == "sunk"

    def _flush(self) -> None:
        self._connection.executemany(_INSERT_EVENT, map(_row, self._new))
        moved = [(*place, self._offsets[place]) for place in self._appended_to]
        self._connection.executemany("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?)", moved)
        self._flush_finished()
        if self._positions:
            self._flush_positions()
        self._delete_done()
        if self._sunk:
            self._execute(_FORGET_OLDEST_SUNK, (SUNK_LETTERS_KEPT,))

    def _flush_finished(self) -> None:
        """A row for what is done before something older; none for the rest."""
        beyond = [(trigger, seq) for trigger, seq in self._finished if seq > self._positions[trigger]]
        self._connection.executemany(_KEEP_ROW, [(trigger, seq, None, trigger) for trigger, seq in beyond])
        self._ahead.update(trigger for trigger, _ in beyond)
        tried_again = self._postponed.intersection(self._finished)
        self._postponed -= tried_again
        gone = tried_again.difference(beyond)
        self._connection.executemany("DELETE FROM deliveries WHERE trigger = ? AND seq = ?", gone)

    def _flush_positions(self) -> None:
        positions = json.dumps(self._positions)
        self._execute(_ADVANCE, (positions,))
        if not self._ahead.isdisjoint(self._positions):
            self._execute(_FORGET_DONE_ROWS, (positions,))
            self._ahead = {trigger for (trigger,) in self._execute(_AHEAD)}
        self._touched.update(self._brokers[trigger] for trigger in self._positions if trigger in self._brokers)

    def _delete_done(self) -> None:
        for broker in self._touched:
            (done,) = self._execute(_DONE, (self._newest, broker)).fetchone()
            self._execute(_DELETE_DONE, (broker, done))
            self._done[broker] = done


def _row(new: Stored) -> tuple[object, ...]:
    place = (new.seq, new.broker, new.partition, new.offset)
    return (*place, new.event.id, new.accepted_at, new.target, new.replay_of, _encode(new.event))
