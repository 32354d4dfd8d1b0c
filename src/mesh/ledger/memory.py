"""A ledger without a disk, for tests of what stands on the port: it forgets with its process."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from mesh.errors import LedgerUnavailable
from mesh.ledger import records
from mesh.ledger.batch import SUNK_LETTERS_KEPT
from mesh.ledger.port import Answer, Ledger
from mesh.ledger.records import Append, Change, Letter, LetterCount, Progress, Stored, Subscription


class MemoryLedger(Ledger):
    """Implements `mesh.ledger.port.Ledger`; while `full`, every write is refused."""

    def __init__(self) -> None:
        self.full = False
        self._newest = 0
        self._offsets: Counter[tuple[str, int]] = Counter()  # the next one of each broker's partition
        self._events: dict[int, Stored] = {}
        self._subscriptions: dict[str, tuple[str, int]] = {}  # broker, position
        self._rules: dict[str, bytes] = {}
        self._rows: dict[tuple[str, int], Progress | None] = {}  # None: done
        self._letters: dict[str, Letter] = {}

    def submit(self, changes: Sequence[Change], then: Callable[[Answer], None]) -> None:
        answer: Answer = LedgerUnavailable("the ledger cannot be written: it is full")
        if not self.full:
            answer = list(self._changes(changes))
            self._delete_done()
        asyncio.get_running_loop().call_soon(then, answer)

    def subscriptions(self) -> Sequence[Subscription]:
        return [self._subscription(trigger) for trigger in self._subscriptions]

    def read(self, broker: str, after: int, limit: int) -> Sequence[Stored]:
        return [one for one in self._events.values() if one.broker == broker and one.seq > after][:limit]

    def event(self, seq: int) -> Stored | None:
        return self._events.get(seq)

    def find(self, event_id: str) -> Sequence[Stored]:
        return [one for one in self._events.values() if one.event.id == event_id]

    def outstanding(self, subscription: str) -> Iterator[tuple[Stored, bool]]:
        standing = self._subscription(subscription)
        for one in self.read(standing.broker, 0, self._newest):
            ahead = one.seq > standing.position and one.seq not in standing.done
            if (one.seq in standing.open or ahead) and one.target in (None, subscription):
                yield one, one.seq in standing.open

    def ahead(self, subscriptions: Collection[str]) -> Mapping[str, int]:
        there = self._subscriptions.keys() & set(subscriptions)
        return {one: sum(not has_row for _, has_row in self.outstanding(one)) for one in there}

    def letters(self, *, event_type: str | None = None, trigger: str | None = None) -> Iterator[Letter]:
        still_there = filter(None, map(self._letters.get, list(self._letters)))
        return (one for one in still_there if event_type in (None, one.event.type) and trigger in (None, one.trigger))

    def letter_counts(self) -> Sequence[LetterCount]:
        counts = Counter((one.trigger, one.event.type, one.state) for one in self._letters.values())
        return [LetterCount(*about, number) for about, number in counts.items()]

    def letter(self, letter_id: str) -> Letter | None:
        return self._letters.get(letter_id)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _changes(self, changes: Sequence[Change]) -> Iterator[int]:
        for change in changes:
            if isinstance(change, Append):
                yield self._append(change)
            else:
                self._change(change)

    def _append(self, new: Append) -> int:
        self._newest += 1
        offset = self._offsets[new.broker, new.partition]
        self._offsets[new.broker, new.partition] += 1
        about = (new.broker, new.accepted_at, new.event, new.target, new.replay_of, new.partition, offset)
        self._events[self._newest] = Stored(self._newest, *about)
        return self._newest

    def _change(self, change: Change) -> None:
        match change:
            case records.Advance(triggers, position):
                self._advance(triggers, position, {})
            case records.Finish(trigger, seqs, position):
                self._advance([trigger], position, dict.fromkeys(seqs))
            case records.Postpone(trigger, seq, position, progress):
                self._advance([trigger], position, {seq: progress})
            case records.Bury(letter):
                self._bury(letter)
            case records.Exhume(letter_id):
                self._letters.pop(letter_id, None)
            case records.Subscribe(trigger, broker, rule):
                self._subscriptions.setdefault(trigger, (broker, self._newest))
                self._rules[trigger] = rule
            case records.Unsubscribe(trigger):
                self._subscriptions.pop(trigger, None)
                self._rows = {key: row for key, row in self._rows.items() if key[0] != trigger}

    def _advance(self, triggers: Sequence[str], position: int, rows: dict[int, Progress | None]) -> None:
        for trigger in self._subscriptions.keys() & set(triggers):
            broker, before = self._subscriptions[trigger]
            self._subscriptions[trigger] = (broker, max(before, position))
            self._rows |= {(trigger, seq): row for seq, row in rows.items()}

    def _bury(self, letter: Letter) -> None:
        self._letters[letter.id] = letter
        sunk = [one.id for one in self._letters.values() if one.state == "sunk"]
        for letter_id in sunk[:-SUNK_LETTERS_KEPT]:
            del self._letters[letter_id]

    def _delete_done(self) -> None:
        standing = self.subscriptions()
        held = {seq for one in standing for seq in one.open}
        for seq, stored in list(self._events.items()):
            if seq not in held and all(one.broker != stored.broker or one.position >= seq for one in standing):
                del self._events[seq]

    def _subscription(self, trigger: str) -> Subscription:
        broker, position = self._subscriptions[trigger]
        rows = {seq: row for (of, seq), row in self._rows.items() if of == trigger}
        done = frozenset(seq for seq, row in rows.items() if row is None and seq > position)
        still_open = {seq: row for seq, row in rows.items() if row}
        return Subscription(trigger, broker, position, still_open, done, self._rules[trigger])
