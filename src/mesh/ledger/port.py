"""What the mesh asks of its work ledger: changes that are on disk when `write` returns, and a few questions."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from mesh.ledger.records import Change, Letter, LetterCount, Stored, Subscription

Answer = list[int] | Exception
"""The sequence numbers of a write's `Append`s, in order; LedgerUnavailable when the disk is full or failing."""


class Ledger(Protocol):
    """Events stay until every trigger of their broker is done with them; dead letters until somebody acts on them."""

    def submit(self, changes: Sequence[Change], then: Callable[[Answer], None]) -> None:
        """Apply all changes or none, durably, and call `then` in the loop; for what is done for each event."""
        ...

    def write(self, *changes: Change) -> asyncio.Future[list[int]]:
        """Submit the changes; the future has the answer, or raises it. Where an error came, nothing was applied."""
        future: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self.submit(changes, partial(_settle, future))
        return future

    def subscriptions(self) -> Sequence[Subscription]: ...

    def read(self, broker: str, after: int, limit: int) -> Sequence[Stored]:
        """The broker's next events after a sequence number, oldest first."""
        ...

    def event(self, seq: int) -> Stored | None: ...

    def find(self, event_id: str) -> Sequence[Stored]:
        """All stored events with that id, oldest first."""
        ...

    def outstanding(self, subscription: str) -> Iterator[tuple[Stored, bool]]:
        """What a trigger is not done with, filters aside; True for an event that has a row (it matched)."""
        ...

    def ahead(self, subscriptions: Collection[str]) -> Mapping[str, int]:
        """How many of these have no row, by trigger, as of one moment; reads no event, and leaves out who is gone."""
        ...

    def letters(self, *, event_type: str | None = None, trigger: str | None = None) -> Iterator[Letter]:
        """The dead letters that are there now, oldest first, each read when it is asked for and still there."""
        ...

    def letter_counts(self) -> Sequence[LetterCount]:
        """How many dead letters there are of each trigger, type and state; reads no letter."""
        ...

    def letter(self, letter_id: str) -> Letter | None: ...

    def close(self) -> None:
        """Finish what was asked for and let go of the files."""
        ...


def _settle(future: asyncio.Future[list[int]], answer: Answer) -> None:
    if future.done():  # the one who asked has gone; what was asked for is done all the same
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
