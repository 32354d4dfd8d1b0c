"""Several writes as one transaction, with as few statements as their sum needs.

Few, because between two statements the loop may take the interpreter, and gives it back only after milliseconds.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from mesh.ledger.log import Log
from mesh.ledger.recent import Recent
from mesh.ledger.record_batch import RecordBatch, batches
from mesh.ledger.records import (
    Advance,
    Append,
    Bury,
    Change,
    Exhume,
    Finish,
    Letter,
    Postpone,
    Progress,
    Stored,
    Subscribe,
    Unsubscribe,
)
from mesh.ledger.standing import BrokerState, Standing

SUNK_LETTERS_KEPT = 10_000
_KEEP_ROW = "INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)"
# Of all at once: a JSON array of triggers and numbers.
_KEEP_DONE_ROWS = """INSERT OR REPLACE INTO deliveries
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), NULL FROM json_each(?)"""
_FORGET_OLDEST_SUNK = """DELETE FROM letters WHERE state = 'sunk' AND rowid <=
    (SELECT rowid FROM letters WHERE state = 'sunk' ORDER BY rowid DESC LIMIT 1 OFFSET ?)"""
_SUBSCRIBE = """INSERT INTO subscriptions VALUES (?, ?, ?)
    ON CONFLICT (trigger) DO UPDATE SET rule = excluded.rule"""
_FORGET_DONE_ROWS = "DELETE FROM deliveries WHERE trigger = ? AND seq <= ? AND progress IS NULL"
_AHEAD = "SELECT trigger, max(seq) FROM deliveries WHERE progress IS NULL GROUP BY trigger"
_encode = msgspec.msgpack.encode
_decode_state = msgspec.msgpack.Decoder(BrokerState).decode


class Batch:
    """Applies changes on the writing connection and deletes the events that every trigger is done with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._log = Log(connection)
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
            self._number(writes)
            answers = [list(self._changes(changes)) for changes in writes]
            added = self._flush()
            self._execute("COMMIT")
            self._done |= self._done_now
            self.recent.turn(added, self._done_now)
        except BaseException:
            self._is_stale = True
            self.refuse(writes)
            raise
        finally:
            self._clear()
        return answers

    def keeps(self, stored: Stored) -> bool:
        """Whether a trigger needs the event; one that none does is in the file until those beside it go, too."""
        return stored.seq > self._done.get(stored.broker, 0) or stored.seq in self._standing.postponed

    def refuse(self, writes: Sequence[Sequence[Change]]) -> None:
        """Remember what did not reach the disk: positions sent meanwhile count it as done, and must not pass it."""
        for change in (change for changes in writes for change in changes):
            if isinstance(change, Finish | Postpone):
                seqs = change.seqs if isinstance(change, Finish) else [change.seq]
                self._refused.setdefault(change.trigger, set()).update(seqs)

    def _load(self) -> None:
        """Know what is on disk: the newest number, the next offsets, the triggers and which of them have rows."""
        brokers = self._execute("SELECT broker, state FROM brokers")
        postponed = self._execute("SELECT trigger, seq FROM deliveries WHERE progress IS NOT NULL")
        self._standing = Standing(((broker, _decode_state(state)) for broker, state in brokers), postponed)
        self._newest = self._standing.newest
        self._done = {broker: self._standing.done(broker, self._newest) for broker in self._standing.served()}
        self._ahead: dict[str, int] = dict(self._execute(_AHEAD).fetchall())  # by trigger: the newest done out of turn
        self._is_stale = False

    def _accept(self, trigger: str, seqs: Sequence[int]) -> None:
        if (refused := self._refused.get(trigger)) is not None:
            refused.difference_update(seqs)
            if not refused:
                del self._refused[trigger]

    def _clear(self) -> None:
        self._next: dict[str, int] = {}  # by broker: the number of its next event
        self._new: defaultdict[str, list[Stored]] = defaultdict(list)  # by broker
        self._moved: set[str] = set()  # triggers
        self._changed: set[str] = set()  # brokers
        self._finished: defaultdict[str, list[int]] = defaultdict(list)  # by trigger
        self._let_go: list[tuple[str, int]] = []  # postponed before: broker and number
        self._done_now: dict[str, int] = {}  # by broker: the number up to which all of its triggers are done
        self._sunk = False

    def _number(self, writes: Sequence[Sequence[Change]]) -> None:
        """Give each broker's new events numbers without a gap, however they are mixed with those of others."""
        counts = Counter([change.broker for changes in writes for change in changes if isinstance(change, Append)])
        for broker, count in counts.items():
            self._next[broker] = self._newest + 1
            self._newest += count

    def _changes(self, changes: Sequence[Change]) -> Iterator[int]:
        for change in changes:
            if isinstance(change, Append):
                yield self._append(change)
            else:
                self._change(change)

    def _change(self, change: Change) -> None:
        match change:
            case Finish(trigger, seqs, position):
                self._accept(trigger, seqs)
                self._advance([trigger], position)
                self._finished[trigger].extend(seqs)
            case Advance(triggers, position):
                self._advance(triggers, position)
            case Postpone(trigger, seq, position, progress):
                self._accept(trigger, [seq])
                self._advance([trigger], position)
                self._postpone(trigger, seq, progress)
            case Bury(letter):
                self._bury(letter)
            case Exhume(letter_id):
                self._execute("DELETE FROM letters WHERE id = ?", (letter_id,))
            case Subscribe(trigger, broker, rule):
                self._subscribe(trigger, broker, rule)
            case Unsubscribe(trigger):
                self._unsubscribe(trigger)

    def _append(self, new: Append) -> int:
        broker, partition = new.broker, new.partition
        seq = self._next[broker]
        self._next[broker] = seq + 1
        offsets = self._standing.state(broker).offsets
        offset = offsets.get(partition, 0)
        offsets[partition] = offset + 1
        stored = Stored(seq, broker, new.accepted_at, new.event, new.target, new.replay_of, partition, offset)
        self._new[broker].append(stored)
        return seq

    def _advance(self, triggers: Sequence[str], position: int) -> None:
        for trigger in triggers:
            if trigger in self._standing and self._standing.advance(trigger, self._bounded(trigger, position)):
                self._moved.add(trigger)

    def _bounded(self, trigger: str, position: int) -> int:
        refused = self._refused.get(trigger)
        return position if refused is None else min(position, min(refused) - 1)

    def _postpone(self, trigger: str, seq: int, progress: Progress) -> None:
        if trigger in self._standing:  # the rows of one that is gone would hold their events for ever
            self._execute(_KEEP_ROW, (trigger, seq, _encode(progress)))
            self._standing.postpone(trigger, seq)

    def _subscribe(self, trigger: str, broker: str, rule: bytes) -> None:
        """A restart that brings nothing new writes nothing: it must come up on a full disk."""
        self._execute(_SUBSCRIBE, (trigger, broker, rule))
        if self._standing.subscribe(trigger, broker, self._next.get(broker, self._newest + 1) - 1):
            self._changed.add(broker)

    def _unsubscribe(self, trigger: str) -> None:
        if trigger in self._standing:
            broker = self._standing.broker(trigger)
            self._changed.add(broker)
            self._let_go += [(broker, seq) for seq in self._standing.unsubscribe(trigger)]
        self._moved.discard(trigger)
        self._ahead.pop(trigger, None)
        self._refused.pop(trigger, None)
        self._execute("DELETE FROM subscriptions WHERE trigger = ?", (trigger,))
        self._execute("DELETE FROM deliveries WHERE trigger = ?", (trigger,))

    def _bury(self, letter: Letter) -> None:
        about = (letter.id, letter.state, letter.trigger, letter.event.type, _encode(letter))
        self._execute("INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?)", about)
        self._sunk = self._sunk or letter.state == "sunk"

    def _flush(self) -> Sequence[RecordBatch]:
        """Write what the changes come to; answer the new events that somebody wants."""
        added = [batch for broker in self._standing.served() for batch in batches(self._new.get(broker, ()))]
        if added:
            self._log.append(added)
        self._flush_finished()
        self._forget_done_rows()
        self._flush_states()
        self._delete_done()
        if self._sunk:
            self._execute(_FORGET_OLDEST_SUNK, (SUNK_LETTERS_KEPT,))
        return added

    def _flush_finished(self) -> None:
        """A row for what is done before something older; none for the rest."""
        standing, beyond, tried_again = self._standing, list[tuple[str, int]](), set[tuple[str, int]]()
        for trigger, seqs in self._finished.items():
            if trigger in standing:
                position = standing.position(trigger)
                beyond += [(trigger, seq) for seq in seqs if seq > position]
                tried_again.update((trigger, seq) for seq in standing.finish(trigger, seqs))
        if beyond:
            self._execute(_KEEP_DONE_ROWS, (json.dumps(beyond),))
            for trigger, seq in beyond:
                self._ahead[trigger] = max(seq, self._ahead.get(trigger, 0))
        self._let_go += [(standing.broker(trigger), seq) for trigger, seq in tried_again]
        if gone := tried_again.difference(beyond):
            self._connection.executemany("DELETE FROM deliveries WHERE trigger = ? AND seq = ?", gone)

    def _forget_done_rows(self) -> None:
        for trigger in self._moved & self._ahead.keys():
            position = self._standing.position(trigger)
            self._execute(_FORGET_DONE_ROWS, (trigger, position))
            if position >= self._ahead[trigger]:
                del self._ahead[trigger]

    def _flush_states(self) -> None:
        for broker, next_one in self._next.items():
            self._standing.state(broker).newest = next_one - 1
        self._changed.update(self._next, map(self._standing.broker, self._moved))
        states = [(broker, _encode(self._standing.state(broker))) for broker in self._changed]
        self._connection.executemany("INSERT OR REPLACE INTO brokers VALUES (?, ?)", states)

    def _delete_done(self) -> None:
        """Delete what no trigger needs any more, first what stayed behind to be tried again."""
        postponed = self._standing.postponed
        self._log.drop(seq for broker, seq in self._let_go if seq <= self._done.get(broker, 0) and seq not in postponed)
        for broker in self._changed:
            before, done = self._done.get(broker, 0), self._standing.done(broker, self._newest)
            if done > before:
                self._log.pass_by(broker, before, done, postponed)
            self._done_now[broker] = done
