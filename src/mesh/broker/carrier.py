"""Carries one event for one trigger until it is delivered, sunk or kept; each step is in the ledger before the next."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from mesh.broker import failures, message
from mesh.broker.delivery import Delivery, Result
from mesh.broker.history import History, Tried
from mesh.broker.offsets import Offsets
from mesh.broker.retry import Failed, GiveUp, Wait, decide
from mesh.broker.route import Route
from mesh.clock import Clock
from mesh.control.shapes import Outcome
from mesh.errors import LedgerUnavailable
from mesh.event import Event
from mesh.ledger.port import Ledger
from mesh.ledger.records import Append, Bury, Change, Failure, Finish, Letter, Postpone, Progress, Stored

LEDGER_PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Outlet(Protocol):
    """A broker, seen from its triggers."""

    messages: message.Messages

    def reply(self, event: Event, cause: Stored) -> Append:
        """Place what was answered to the cause."""
        ...

    def appended(self, seq: int, new: Append) -> None:
        """A reply was stored."""
        ...

    def settled(self, stored: Stored, *, ok: bool) -> None:
        """A trigger is through with an event; not ok means that it is kept."""
        ...


class Carrier:
    """One trigger's."""

    def __init__(
        self,
        route: Route,
        offsets: Offsets,
        delivery: Delivery,
        ledger: Ledger,
        history: History,
        clock: Clock,
        broker: Outlet,
    ) -> None:
        self._route = route
        self._offsets = offsets
        self._delivery = delivery
        self._ledger = ledger
        self._history = history
        self._clock = clock
        self._broker = broker
        self._pauses: set[asyncio.Future[None]] = set()
        self._stopping = False

    async def carry(self, stored: Stored, progress: Progress) -> None:
        """Attempt, wait and attempt again, from wherever the event has come to."""
        self._history.opened(stored, self._route.key, self._route.subscriber.url, progress)
        step: Progress | None = progress
        while step is not None:
            if step.due:
                await self._pause(step.due - self._clock.now())
            if self._stopping:
                return
            if step.phase == "subscriber" and step.attempts and not self._route.wants(stored):
                await self._let_go(stored)
                return
            step = await self._attempt(stored, step)

    def reroute(self, route: Route) -> None:
        """Let the trigger's new manifest hold from the next attempt on."""
        self._route = route

    def stop(self) -> None:
        """End waits at once, and begin no attempt; those under way go on to their end."""
        self._stopping = True
        for pause in self._pauses:
            pause.cancel()

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0 or self._stopping:
            return
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        self._pauses.add(pause)
        try:
            await pause
        finally:
            self._pauses.discard(pause)

    async def _attempt(self, stored: Stored, progress: Progress) -> Progress | None:
        """Make one attempt; answer how the event stands after it, or None when the trigger is done with it."""
        if progress.failure is not None and self._route.sink is None:
            await self._keep(stored, progress.failure)  # the manifest lost its sink since the event was given up
            return None
        if progress.due:
            self._history.attempting(stored, self._route.key)
        began = self._clock.now()
        result = await self._sent(stored, progress)
        ended = self._clock.now()
        verdict = self._read(stored, progress, result)
        if not isinstance(verdict, Failed):
            self._remember(stored, progress, result, began, ended)
            await self._succeed(stored, progress, verdict)
            return None
        decision = decide(self._route.policy, progress.attempts + 1, verdict)
        self._remember(stored, progress, result, began, ended, verdict, decision)
        if isinstance(decision, GiveUp):
            return await self._give_up(stored, progress, result, verdict, decision.reason)
        due = ended + decision.pause.total_seconds()
        step = Progress(progress.phase, progress.attempts + 1, due, verdict.words, progress.failure)
        return await self._postpone(stored, step)

    async def _sent(self, stored: Stored, progress: Progress) -> Result:
        try:
            return await self._send(stored, progress)
        except Exception as error:
            # A fault of ours must not cost the event: it counts as an attempt without a response.
            logger.exception("event %s for %s", stored.event.id, self._route.key)
            return Result(None, f"the mesh failed to send it ({type(error).__name__}: {error})")

    def _send(self, stored: Stored, progress: Progress) -> Awaitable[Result]:
        route, within = self._route, self._route.policy.timeout
        if progress.failure is None or route.sink is None:
            request = self._broker.messages.to_subscriber(route, stored)
            return self._delivery.to_subscriber(route.key, route.subscriber, request, within)
        dead = route.broker_class.dead_letter(route.broker_class.dead(stored), progress.failure)
        return self._delivery.attempt(route.sink, message.to_sink(route, dead, route.sink.path), within)

    def _read(self, stored: Stored, progress: Progress, result: Result) -> Event | Failed | None:
        broker_class = self._route.broker_class
        if result.response is None:
            return broker_class.no_response(result.error, result.timed_out)
        if progress.failure is not None:
            return broker_class.read_sink_reply(result.response)
        answered = broker_class.read_reply(result.response)
        if not isinstance(answered, Event):
            return answered
        caused = answered.with_headers(broker_class.travels(result.response.raw_headers()))
        return broker_class.reply(stored.event, caused, self._clock.now())

    async def _postpone(self, stored: Stored, progress: Progress) -> Progress:
        self._offsets.settle(stored.seq)
        await self._record(lambda: [Postpone(self._route.key, stored.seq, self._offsets.position, progress)])
        return progress

    async def _give_up(
        self, stored: Stored, progress: Progress, result: Result, failed: Failed, reason: str
    ) -> Progress | None:
        if progress.failure is not None:
            failure = failures.of_sink(progress.failure, reason)
        else:
            failure = failures.of_subscriber(self._route, result.response, failed, reason, progress.attempts + 1)
            if self._route.sink is not None:
                return await self._postpone(stored, Progress("dead_letter_sink", failure=failure, last=reason))
        await self._keep(stored, failure)
        return None

    async def _keep(self, stored: Stored, failure: Failure) -> None:
        letter = self._letter(stored, "kept", failure)
        await self._finish(stored, "kept", failure.reason, [Bury(letter)], letter.id)

    async def _succeed(self, stored: Stored, progress: Progress, reply: Event | None) -> None:
        changes: list[Change] = []
        if reply is not None:
            caused = reply if reply.trace else reply.with_headers(stored.event.trace)
            changes.append(self._broker.reply(caused, stored))
        if progress.failure is None:
            await self._finish(stored, "delivered", None, changes)
            return
        letter = self._letter(stored, "sunk", progress.failure)
        await self._finish(stored, "sunk", progress.failure.reason, [*changes, Bury(letter)], letter.id)

    async def _finish(
        self, stored: Stored, outcome: Outcome, reason: str | None, changes: list[Change], letter: str | None = None
    ) -> None:
        """Write the end and what it brings with it in one transaction, so that no reply comes twice or not at all."""
        key = self._route.key
        self._offsets.settle(stored.seq)
        seqs = await self._record(lambda: [*changes, Finish(key, stored.seq, self._offsets.position)])
        if seqs:
            appends = [change for change in changes if isinstance(change, Append)]
            for seq, new in zip(seqs, appends, strict=True):
                self._history.replied(stored, key, seq, from_sink=outcome == "sunk")
                self._broker.appended(seq, new)
        self._history.closed(stored, key, outcome, reason, letter)
        self._broker.settled(stored, ok=outcome != "kept")

    async def _let_go(self, stored: Stored) -> None:
        """The trigger's filters were changed while the event waited, and no longer want it."""
        await self._finish(stored, "not_matched", self._route.why_not(stored), [])

    async def _record(self, changes: Callable[[], list[Change]]) -> list[int]:
        """Write, however long the disk is full: the event is not out of our hands before it is written down."""
        while True:
            try:
                return await self._ledger.write(*changes())
            except LedgerUnavailable as error:
                logger.error("%s waits for the ledger: %s", self._route.key, error)  # noqa: TRY400 - no bug of ours
                await self._clock.sleep(LEDGER_PAUSE_SECONDS)

    def _letter(self, stored: Stored, state: Literal["sunk", "kept"], failure: Failure) -> Letter:
        letter_id = uuid.uuid4().hex[:12]
        now = self._clock.now()
        return Letter(letter_id, state, self._route.key, stored.broker, now, stored.event, failure)

    def _remember(
        self,
        stored: Stored,
        progress: Progress,
        result: Result,
        began: float,
        ended: float,
        failed: Failed | None = None,
        decision: Wait | GiveUp | None = None,
    ) -> None:
        tried = Tried(
            number=progress.attempts + 1,
            to=progress.phase,
            began=began,
            seconds=ended - began,
            status=None if result.response is None else result.response.status,
            error=None if failed is None else self._in_words(progress, result, failed),
            fault=result.fault,
            retry_in=decision.pause.total_seconds() if isinstance(decision, Wait) else None,
        )
        self._history.attempted(stored, self._route.key, tried, ok=failed is None)

    def _in_words(self, progress: Progress, result: Result, failed: Failed) -> str:
        sink = None if progress.failure is None else self._route.inherited.spec.dead_letter_sink
        to = sink or self._route.trigger.subscriber
        return failures.in_words(to, result.response, failed, failed.reason)
