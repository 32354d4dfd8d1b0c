"""What the mesh asks of its work ledger: changes that are on disk when `write` returns, and a few questions."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Protocol

from mesh.ledger.records import Change, Letter, LetterCount, Stored, Subscription


class Ledger(Protocol):
    """Events stay until every trigger of their broker is done with them; dead letters until somebody acts on them."""

    def write(self, *changes: Change) -> asyncio.Future[list[int]]:
        """Apply all changes or none, durably; answer the sequence numbers of the `Append`s, in order.

        Awaiting raises LedgerUnavailable when the disk is full or failing; nothing was applied then.
        """
        ...

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

    def ahead(self, subscription: str) -> int:
        """How many of these have no row; reads no event."""
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
