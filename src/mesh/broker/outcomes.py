"""How a trigger's deliveries end or wait: written to the ledger first, then told to the history and to the broker."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Literal, Protocol

from mesh.broker.history import History
from mesh.broker.message import Messages
from mesh.broker.offsets import Offsets
from mesh.clock import Clock
from mesh.control.shapes import Outcome
from mesh.errors import LedgerUnavailable
from mesh.event import Event
from mesh.ledger.port import Answer, Ledger
from mesh.ledger.records import Append, Bury, Change, Failure, Finish, Letter, Postpone, Progress, Stored

LEDGER_PAUSE_SECONDS = 1.0

Rest = Callable[[], Awaitable[None]]
"""What is left to be done in a task."""
Over = Callable[[Stored, Rest | None], None]
"""What was begun without a task is over, or has a rest."""

Delivered = tuple[Stored, Over]

logger = logging.getLogger(__name__)


class Outlet(Protocol):
    """A broker, seen from its triggers."""

    messages: Messages

    def reply(self, event: Event, cause: Stored) -> Append:
        """Place what was answered to the cause."""
        ...

    def appended(self, seq: int, new: Append) -> None:
        """A reply was stored."""
        ...

    def settled(self, stored: Stored, *, ok: bool) -> None:
        """A trigger is through with an event; not ok means that it is kept."""
        ...


class Outcomes:
    """One trigger's."""

    def __init__(
        self, trigger: str, offsets: Offsets, ledger: Ledger, history: History, clock: Clock, broker: Outlet
    ) -> None:
        self._trigger = trigger
        self._offsets = offsets
        self._ledger = ledger
        self._history = history
        self._clock = clock
        self._broker = broker
        self._delivered: list[Delivered] = []  # and yet to be written

    def delivered(self, stored: Stored, over: Over) -> None:
        """Write a success without a reply, with all of this turn of the loop; no task waits until it is written."""
        self._offsets.settle(stored.seq)
        self._delivered.append((stored, over))
        if len(self._delivered) == 1:
            asyncio.get_running_loop().call_soon(self._write_delivered)

    async def succeed(self, stored: Stored, progress: Progress, reply: Event | None) -> None:
        changes: list[Change] = []
        if reply is not None:
            caused = reply if reply.trace else reply.with_headers(stored.event.trace)
            changes.append(self._broker.reply(caused, stored))
        if progress.failure is None:
            await self._finish(stored, "delivered", None, changes)
            return
        letter = self._letter(stored, "sunk", progress.failure)
        await self._finish(stored, "sunk", progress.failure.reason, [*changes, Bury(letter)], letter.id)

    async def keep(self, stored: Stored, failure: Failure) -> None:
        letter = self._letter(stored, "kept", failure)
        await self._finish(stored, "kept", failure.reason, [Bury(letter)], letter.id)

    async def let_go(self, stored: Stored, why: str | None) -> None:
        """The trigger's filters were changed while the event waited, and no longer want it."""
        await self._finish(stored, "not_matched", why, [])

    async def postpone(self, stored: Stored, progress: Progress) -> Progress:
        self._offsets.settle(stored.seq)
        await self._record(lambda: [Postpone(self._trigger, stored.seq, self._offsets.position, progress)])
        return progress

    def _write_delivered(self) -> None:
        """One change for all: for each of its own, the ledger would take as long as for the event itself."""
        delivered, self._delivered = self._delivered, []
        seqs = [stored.seq for stored, _ in delivered]
        finish = Finish(self._trigger, seqs, self._offsets.position)
        self._ledger.submit((finish,), partial(self._written, delivered))

    def _written(self, delivered: Sequence[Delivered], answer: Answer) -> None:
        for stored, over in delivered:
            try:
                self._end(stored, over, answer)
            except Exception:  # one that cannot be ended must not cost the others their ends
                logger.exception("event %s of %s was delivered, and stays in hand", stored.event.id, self._trigger)

    def _end(self, stored: Stored, over: Over, answer: Answer) -> None:
        if isinstance(answer, Exception):
            over(stored, partial(self._finish, stored, "delivered", None, []))
            return
        self._close(stored, "delivered", None, None)
        over(stored, None)

    async def _finish(
        self, stored: Stored, outcome: Outcome, reason: str | None, changes: list[Change], letter: str | None = None
    ) -> None:
        """Write the end and what it brings with it in one transaction, so that no reply comes twice or not at all."""
        self._offsets.settle(stored.seq)
        seqs = await self._record(lambda: [*changes, Finish(self._trigger, [stored.seq], self._offsets.position)])
        if seqs:
            appends = [change for change in changes if isinstance(change, Append)]
            for seq, new in zip(seqs, appends, strict=True):
                self._history.replied(stored, self._trigger, seq, from_sink=outcome == "sunk")
                self._broker.appended(seq, new)
        self._close(stored, outcome, reason, letter)

    def _close(self, stored: Stored, outcome: Outcome, reason: str | None = None, letter: str | None = None) -> None:
        self._history.closed(stored, self._trigger, outcome, reason, letter)
        self._broker.settled(stored, ok=outcome != "kept")

    async def _record(self, changes: Callable[[], list[Change]]) -> list[int]:
        """Write, however long the disk is full: the event is not out of our hands before it is written down."""
        while True:
            try:
                return await self._ledger.write(*changes())
            except LedgerUnavailable as error:
                logger.error("%s waits for the ledger: %s", self._trigger, error)  # noqa: TRY400 - no bug of ours
                await self._clock.sleep(LEDGER_PAUSE_SECONDS)

    def _letter(self, stored: Stored, state: Literal["sunk", "kept"], failure: Failure) -> Letter:
        letter_id = uuid.uuid4().hex[:12]
        now = self._clock.now()
        return Letter(letter_id, state, self._trigger, stored.broker, now, stored.event, failure)
