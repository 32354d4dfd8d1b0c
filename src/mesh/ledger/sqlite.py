"""The ledger on disk: SQLite in WAL mode, fsynced before a write is answered."""

import errno
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from mesh.errors import LedgerUnavailable, UsageError
from mesh.ledger.batch import Batch
from mesh.ledger.place import Place
from mesh.ledger.port import Answer, Ledger
from mesh.ledger.record_batch import decoded, fingerprint
from mesh.ledger.records import Change, Letter, LetterCount, Progress, Stored, Subscription
from mesh.ledger.standing import BrokerState
from mesh.ledger.waiting import beyond
from mesh.ledger.writer import Writer

FORMAT_VERSION = 3
# A walk through an index.
_NEWEST_FIRST = "SELECT first, last, target FROM record_batches WHERE broker = ? AND last > ? ORDER BY last DESC"
_BATCHES = "SELECT first, events FROM record_batches"
# A page of them: the loop waits for each, and there may be hundreds of thousands.
_LETTERS = """SELECT rowid, id FROM letters WHERE rowid > ? AND rowid <= ?
    AND type = ifnull(?, type) AND trigger = ifnull(?, trigger) ORDER BY rowid LIMIT 1000"""
_Row = tuple[int, bytes | None]  # number and progress; without one, it is done


class SqliteLedger(Ledger):
    """Open the ledger file of that path, making it when it is not there.

    Raises UsageError for a file that is no ledger or of another version: it is refused, never guessed at.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _told(path), ExitStack() as on_failure:
            _claim(path)
            self._writing = on_failure.enter_context(closing(_connect(path)))
            _prepare(self._writing, path)
            self._reading = on_failure.enter_context(closing(_connect(path)))
            self._batch = Batch(self._writing)
            on_failure.pop_all()
        self._place = Place(path)
        self._writer = Writer(self._apply, self._abandon)

    def submit(self, changes: Sequence[Change], then: Callable[[Answer], None]) -> None:
        self._writer.submit(changes, then)

    def subscriptions(self) -> Sequence[Subscription]:
        with self._one_moment():
            rules = dict(self._rows("SELECT trigger, rule FROM subscriptions"))
            rows: defaultdict[str, list[_Row]] = defaultdict(list)
            for trigger, seq, progress in self._rows("SELECT trigger, seq, progress FROM deliveries"):
                rows[trigger].append((seq, progress))
            places = [(broker, *place) for broker, positions in self._positions() for place in positions.items()]
        return [_standing(one, broker, at, rows[one], rules[one]) for broker, one, at in places]

    def read(self, broker: str, after: int, limit: int) -> Sequence[Stored]:
        recent = self._batch.recent.after(broker, after, limit)
        return list(islice(self._after(broker, after), limit)) if recent is None else recent

    def event(self, seq: int) -> Stored | None:
        next_one = next(self._stored(f"{_BATCHES} WHERE last >= ? ORDER BY last LIMIT 1", (seq,), seq - 1), None)
        return next_one if next_one is not None and next_one.seq == seq else None

    def find(self, event_id: str) -> Sequence[Stored]:
        """Looks at a few bytes of each event that is stored, and reads those that may be it."""
        query = "SELECT last FROM record_batches INDEXED BY record_batches_of_broker WHERE instr(ids, ?)"
        places = sorted(self._rows(query, (fingerprint(event_id),)))
        candidates = (stored for place in places for stored in self._stored(f"{_BATCHES} WHERE last = ?", place))
        return [stored for stored in candidates if stored.event.id == event_id]

    def outstanding(self, subscription: str) -> Iterator[tuple[Stored, bool]]:
        for broker, positions in self._positions({subscription}):
            rows = self._rows("SELECT seq, progress FROM deliveries WHERE trigger = ?", (subscription,))
            standing = _standing(subscription, broker, positions[subscription], list(rows))
            oldest = min(standing.open, default=standing.position + 1)
            for stored in self._after(broker, min(standing.position, oldest - 1)):
                if standing.has_outstanding(stored):
                    yield stored, stored.seq in standing.open

    def ahead(self, subscriptions: Collection[str]) -> Mapping[str, int]:
        numbers: Counter[str] = Counter()
        with self._one_moment():
            rows = list(self._rows("SELECT trigger, seq FROM deliveries"))
            for broker, positions in self._positions(set(subscriptions)):
                batches = self._rows(_NEWEST_FIRST, (broker, min(positions.values())))
                numbers.update(dict(beyond(positions, batches)))
                numbers.subtract(trigger for trigger, seq in rows if seq > positions.get(trigger, seq))
        return numbers

    def letters(self, *, event_type: str | None = None, trigger: str | None = None) -> Iterator[Letter]:
        ((newest,),) = self._rows("SELECT max(rowid) FROM letters")
        ids = self._letter_ids(newest, event_type, trigger)
        return (letter for letter_id in ids if (letter := self.letter(letter_id)) is not None)

    def letter_counts(self) -> Sequence[LetterCount]:
        query = "SELECT trigger, type, state, count(*) FROM letters GROUP BY trigger, type, state"
        return [LetterCount(*row) for row in self._rows(query)]

    def letter(self, letter_id: str) -> Letter | None:
        rows = self._rows("SELECT letter FROM letters WHERE id = ?", (letter_id,))
        return next((_decode_letter(blob) for (blob,) in rows), None)

    def close(self) -> None:
        self._writer.close()
        self._reading.close()
        self._writing.close()

    def _after(self, broker: str, seq: int) -> Iterator[Stored]:
        return self._stored(f"{_BATCHES} WHERE broker = ? AND last > ? ORDER BY last", (broker, seq), seq)

    def _stored(self, query: str, parameters: Sequence[object], after: int = 0) -> Iterator[Stored]:
        """The events after that number of the batches that the query finds."""
        for first, encoded in self._rows(query, parameters):
            try:
                yield from filter(self._batch.keeps, decoded(first, encoded, after))
            except msgspec.DecodeError as error:
                raise self._unreadable("events are malformed") from error

    def _letter_ids(self, newest: int | None, event_type: str | None, trigger: str | None) -> Iterator[str]:
        after = 0
        while page := list(self._rows(_LETTERS, (after, newest, event_type, trigger))):
            yield from (letter_id for _, letter_id in page)
            after = page[-1][0]

    def _positions(self, among: Container[str] | None = None) -> Iterator[tuple[str, dict[str, int]]]:
        """Each broker's triggers with their positions, of all or of some; a broker that has none is left out."""
        for broker, state in list(self._rows("SELECT broker, state FROM brokers")):
            there = _decode_state(state).positions
            positions = {one: there[one] for one in there if among is None or one in among}
            if positions:
                yield broker, positions

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """What is read in the block is of one commit, whatever the writer's thread does meanwhile."""
        with self._reading:
            list(self._rows("BEGIN"))
            yield

    def _rows(self, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Iterator[Any]:
        try:
            yield from self._reading.execute(query, parameters)
        except sqlite3.Error as error:
            raise self._unreadable(str(error)) from error

    def _unreadable(self, why: str) -> LedgerUnavailable:
        remedy = f"keep {self._path} and start on another --state directory"
        return LedgerUnavailable(f"the ledger cannot be read ({why}): {remedy}")

    def _apply(self, writes: Sequence[Sequence[Change]]) -> list[list[int]]:
        try:
            self._place.check()
        except LedgerUnavailable:
            self._batch.refuse(writes)
            raise
        return self._batch.apply(writes)

    def _abandon(self) -> None:
        """Give up the failed transaction; a full disk leaves none to roll back, or one that SQLite ended itself."""
        with suppress(sqlite3.Error):  # a disk that fails here, too, is met again by the next write
            self._writing.rollback()


def _standing(trigger: str, broker: str, position: int, rows: Sequence[_Row], rule: bytes = b"") -> Subscription:
    open_rows = {seq: _decode_progress(blob) for seq, blob in rows if blob is not None}
    done = frozenset(seq for seq, blob in rows if blob is None)
    return Subscription(trigger, broker, position, open_rows, done, rule)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in a sentence why the ledger cannot be opened."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be opened ({why}): choose another --state directory") from error
    except sqlite3.DatabaseError as error:
        raise _not_a_ledger(path, str(error)) from error


def _claim(path: Path) -> None:
    path.touch(mode=0o600)  # it holds what events hold: for its owner alone, as SQLite's files beside it then are
    if not os.access(path, os.W_OK):  # SQLite would tell the first write
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if version == 0 and tables == 0:
        schema = files("mesh.ledger").joinpath("schema.sql").read_text()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {FORMAT_VERSION}; COMMIT;")
    elif version == 0:
        raise _not_a_ledger(path, "a database of something else")
    elif version != FORMAT_VERSION:
        raise UsageError(
            f"{path} has ledger format {version}, this mesh reads {FORMAT_VERSION}: "
            "run the version of mesh that wrote it, or start on another --state directory"
        )


def _not_a_ledger(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is not a ledger ({why}): move it away or choose another --state directory")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA synchronous = FULL")  # reads the file's head, so it is here that another format shows
    return connection


_decode_state = msgspec.msgpack.Decoder(BrokerState).decode
_decode_progress = msgspec.msgpack.Decoder(Progress).decode
_decode_letter = msgspec.msgpack.Decoder(Letter).decode
