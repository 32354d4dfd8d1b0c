"""The mesh's own list of dead letters: shown, replayed to the trigger that failed, discarded."""

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice

from mesh import json_data
from mesh.broker.broker import Broker
from mesh.broker.history import History
from mesh.clock import rfc3339
from mesh.control import shapes
from mesh.errors import MeshError, NotDone, NotFound, UsageError
from mesh.event import Event
from mesh.ledger.port import Ledger
from mesh.ledger.records import Exhume, Letter

SLICE_LETTERS = 100  # between two turns of the loop
AT_ONCE = 20  # letters that leave the list in one commit of the ledger; an event may have a megabyte


class DeadLetters:
    """A letter leaves the list in the same transaction that puts its event back, so that none is lost or doubled."""

    def __init__(self, brokers: Mapping[str, Broker], ledger: Ledger, history: History) -> None:
        self._brokers = brokers
        self._ledger = ledger
        self._history = history
        self._leaving: set[str] = set()

    def by_trigger(self) -> Counter[str]:
        """How many dead letters each trigger has."""
        counts: Counter[str] = Counter()
        for count in self._ledger.letter_counts():
            counts[count.trigger] += count.number
        return counts

    def kept(self, triggers: Collection[str] | None, event_type: str | None) -> int:
        """How many are kept, of these triggers and of this type; they count as outstanding."""
        return sum(
            count.number
            for count in self._ledger.letter_counts()
            if count.state == "kept"
            and (triggers is None or count.trigger in triggers)
            and event_type in (None, count.event_type)
        )

    async def listed(self, event_type: str | None, trigger: str | None) -> list[shapes.DeadLetter]:
        """Tell of the oldest, with no more than one event's data in memory."""
        shown: list[shapes.DeadLetter] = []
        letters = self._ledger.letters(event_type=event_type, trigger=trigger)
        for letter in islice(letters, shapes.MOST_LETTERS):
            shown.append(_shown(letter))
            await _turn_after(shown)
        return shown

    def show(self, letter_id: str) -> shapes.DeadLetterDetail:
        letter = self._get(letter_id)
        text, encoded = _text_or_base64(letter.event.data)
        return shapes.DeadLetterDetail(
            letter=_shown(letter), attributes=letter.event.attributes, data=text, data_base64=encoded
        )

    async def replay(self, request: shapes.Replay) -> shapes.Done:
        """Put the events back, each for the trigger that failed it and for no other."""
        if request.all:
            number = sum(count.number for count in self._ledger.letter_counts())
            return await _each(islice(self._ledger.letters(), request.most), number, self._replay)
        if request.data is not None:
            self._check(request.ids, request.data.encode())
        ids = await self._known(request.ids)
        return await _each(map(self._get, ids), len(ids), partial(self._replay, data=request.data))

    async def discard(self, ids: Sequence[str]) -> shapes.Done:
        known = await self._known(ids)
        return await _each(map(self._get, known), len(known), self._discard)

    async def _replay(self, letter: Letter, data: str | None = None) -> None:
        new_data = letter.event.data if data is None else data.encode()
        event = Event(letter.event.attributes, new_data, letter.event.headers)
        with self._taken(letter):
            await self._broker(letter).replay(event, letter)
        self._history.left_the_list(letter, "replayed")

    async def _discard(self, letter: Letter) -> None:
        with self._taken(letter):
            await self._ledger.write(Exhume(letter.id))
        self._history.left_the_list(letter, "discarded")

    @contextmanager
    def _taken(self, letter: Letter) -> Iterator[None]:
        """Two operators at once act on a letter once."""
        if letter.id in self._leaving:
            raise NotFound(f"dead letter {letter.id} is being replayed or discarded already")
        self._get(letter.id)  # it may have left the list while those before it did
        self._leaving.add(letter.id)
        try:
            yield
        finally:
            self._leaving.discard(letter.id)

    async def _known(self, ids: Sequence[str]) -> list[str]:
        """Each id once, however often it is named. Raises NotFound."""
        known: list[str] = []
        for letter_id in dict.fromkeys(ids):
            known.append(self._get(letter_id).id)
            await _turn_after(known)
        return known

    def _get(self, letter_id: str) -> Letter:
        letter = self._ledger.letter(letter_id)
        if letter is None:
            raise NotFound(f"no dead letter {letter_id}: `mesh dead-letters list` shows their ids")
        return letter

    def _check(self, ids: Sequence[str], data: bytes) -> None:
        """Refuse new data that is not for one letter, or that is no JSON where its event says so."""
        if len(ids) != 1:
            raise NotDone(f"new data is for one dead letter, not for {len(ids)}: name one id")
        letter = self._get(ids[0])
        why_not = json_data.why_not(data, letter.event.attributes.get("datacontenttype", ""))
        if why_not is not None:
            said = f"the new data of dead letter {letter.id} is no JSON ({why_not})"
            raise UsageError(f"{said}: its event says that it is")

    def _broker(self, letter: Letter) -> Broker:
        broker = self._brokers.get(letter.broker)
        if broker is None or letter.trigger not in (dispatcher.route.key for dispatcher in broker.dispatchers):
            raise NotDone(f"dead letter {letter.id} is for trigger {letter.trigger}, which no manifest declares now")
        return broker


async def _each(letters: Iterator[Letter], number: int, act: Callable[[Letter], Awaitable[None]]) -> shapes.Done:
    """Act on each of so many letters until there is an error, which is told beside those that are done already."""
    done: list[str] = []
    why_not = None
    try:
        while several := list(islice(letters, AT_ONCE)):
            ends = await asyncio.gather(*map(act, several), return_exceptions=True)
            done += [letter.id for letter, end in zip(several, ends, strict=True) if end is None]
            for error in filter(None, ends):
                raise error
    except MeshError as error:
        if not done:
            raise
        why_not = str(error)
    return shapes.Done(ids=done, left=max(0, number - len(done)), error=why_not)


async def _turn_after(letters: Sequence[object]) -> None:
    """Let others have a turn of the loop now and then."""
    if len(letters) % SLICE_LETTERS == 0:
        await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, no wait


def _shown(letter: Letter) -> shapes.DeadLetter:
    return shapes.DeadLetter(
        id=letter.id,
        state=letter.state,
        trigger=letter.trigger,
        event_id=letter.event.id,
        event_source=letter.event.source,
        event_type=letter.event.type,
        destination=letter.failure.destination,
        code=letter.failure.code,
        reason=letter.failure.reason,
        attempts=letter.failure.attempts,
        died_at=rfc3339(letter.died_at),
    )


def _text_or_base64(data: bytes | None) -> tuple[str | None, str | None]:
    if data is None:
        return None, None
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(data).decode()
