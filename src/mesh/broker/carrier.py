"""Carries one event for one trigger until it is delivered, sunk or kept; each step is in the ledger before the next."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from mesh.broker import attempt, failures, message
from mesh.broker.attempt import Attempt
from mesh.broker.delivery import Delivery, Result
from mesh.broker.history import History
from mesh.broker.offsets import Offsets
from mesh.broker.outcomes import Outcomes, Outlet, Over
from mesh.broker.retry import Failed, GiveUp, decide
from mesh.broker.route import Route
from mesh.clock import Clock
from mesh.ledger.port import Ledger
from mesh.ledger.records import Progress, Stored
from mesh.wire import Response

FIRST = Progress()  # before the first attempt

logger = logging.getLogger(__name__)


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
        self._delivery = delivery
        self._history = history
        self._clock = clock
        self._messages = broker.messages
        self._outcomes = Outcomes(route.key, offsets, ledger, history, clock, broker)
        self._pauses: set[asyncio.Future[None]] = set()
        self._hang_ups: dict[int, Callable[[], object]] = {}  # of attempts without a task
        self._stopping = False

    def begin(self, stored: Stored, over: Over) -> bool:
        """Make the first attempt now, if nothing must be waited for; answer whether it is under way.

        A task takes a third of a delivery's time, and one that succeeds needs none.
        """
        if self._route.subscriber.lease is not None:
            return False
        try:
            hang_up = self._send_now(stored, over)
        except Exception:  # noqa: BLE001 - it comes again in the task, and is told there
            return False
        if hang_up is None:
            return False
        self._hang_ups[stored.seq] = hang_up
        self._history.opened(stored, self._route.key, self._route.subscriber.url, FIRST)
        return True

    async def carry(self, stored: Stored, progress: Progress) -> None:
        """Attempt, wait and attempt again, from wherever the event has come to."""
        self._history.opened(stored, self._route.key, self._route.subscriber.url, progress)
        await self._go_on(stored, progress)

    async def _go_on(self, stored: Stored, step: Progress | None) -> None:
        while step is not None:
            if step.due:
                await self._pause(step.due - self._clock.now())
            if self._stopping:
                return
            if step.phase == "subscriber" and step.attempts and not self._route.wants(stored):
                await self._outcomes.let_go(stored, self._route.why_not(stored))
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

    def cut_off(self) -> None:
        """Hang up where an attempt was begun without a task; no more is heard of it."""
        for hang_up in self._hang_ups.values():
            hang_up()

    def _send_now(self, stored: Stored, over: Over) -> Callable[[], object] | None:
        route = self._route
        request = self._messages.to_subscriber(route, stored)
        within = route.policy.timeout
        answered = partial(self._answered, stored, self._clock.now(), within, over)
        return self._delivery.begin(route.key, route.subscriber, request, within, answered)

    def _answered(
        self, stored: Stored, began: float, within: timedelta, over: Over, answer: Response | Exception
    ) -> None:
        del self._hang_ups[stored.seq]
        made = self._made(stored, FIRST, began, Result.of(answer, within))
        if made.verdict is not None:
            over(stored, partial(self._finish_attempt, stored, made))
            return
        self._history.attempted(stored, self._route.key, attempt.tried(self._route, made), ok=True)
        self._outcomes.delivered(stored, over)

    async def _finish_attempt(self, stored: Stored, made: Attempt) -> None:
        await self._go_on(stored, await self._judge(stored, made))

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
            # The manifest lost its sink since the event was given up.
            await self._outcomes.keep(stored, progress.failure)
            return None
        if progress.due:
            self._history.attempting(stored, self._route.key)
        began = self._clock.now()
        result = await self._sent(stored, progress)
        return await self._judge(stored, self._made(stored, progress, began, result))

    def _made(self, stored: Stored, progress: Progress, began: float, result: Result) -> Attempt:
        ended = self._clock.now()
        try:
            verdict = attempt.verdict(self._route, stored, progress, result, ended)
        except Exception as error:  # noqa: BLE001 - told by `_fault`
            result = self._fault(stored, "read the answer", error)
            verdict = attempt.verdict(self._route, stored, progress, result, ended)
        return Attempt(progress, began, ended, result, verdict)

    async def _judge(self, stored: Stored, made: Attempt) -> Progress | None:
        if not isinstance(made.verdict, Failed):
            self._history.attempted(stored, self._route.key, attempt.tried(self._route, made), ok=True)
            await self._outcomes.succeed(stored, made.progress, made.verdict)
            return None
        decision = decide(self._route.policy, made.number, made.verdict)
        self._history.attempted(stored, self._route.key, attempt.tried(self._route, made, decision), ok=False)
        if isinstance(decision, GiveUp):
            return await self._give_up(stored, made, made.verdict, decision.reason)
        due = made.ended + decision.pause.total_seconds()
        step = Progress(made.progress.phase, made.number, due, made.verdict.words, made.progress.failure)
        return await self._outcomes.postpone(stored, step)

    async def _sent(self, stored: Stored, progress: Progress) -> Result:
        try:
            return await self._send(stored, progress)
        except Exception as error:  # noqa: BLE001 - told by `_fault`
            return self._fault(stored, "send it", error)

    def _fault(self, stored: Stored, what: str, error: Exception) -> Result:
        """A fault of ours must not cost the event: it counts as an attempt without a response."""
        logger.error("event %s for %s", stored.event.id, self._route.key, exc_info=error)
        return Result(None, f"the mesh failed to {what} ({type(error).__name__}: {error})")

    def _send(self, stored: Stored, progress: Progress) -> Awaitable[Result]:
        route, within = self._route, self._route.policy.timeout
        if progress.failure is None or route.sink is None:
            request = self._messages.to_subscriber(route, stored)
            return self._delivery.to_subscriber(route.key, route.subscriber, request, within)
        dead = route.broker_class.dead_letter(route.broker_class.dead(stored), progress.failure)
        return self._delivery.attempt(route.sink, message.to_sink(route, dead, route.sink.path), within)

    async def _give_up(self, stored: Stored, made: Attempt, failed: Failed, reason: str) -> Progress | None:
        if made.progress.failure is not None:
            failure = failures.of_sink(made.progress.failure, reason)
        else:
            failure = failures.of_subscriber(self._route, made.result.response, failed, reason, made.number)
            if self._route.sink is not None:
                return await self._outcomes.postpone(stored, Progress("dead_letter_sink", failure=failure, last=reason))
        await self._outcomes.keep(stored, failure)
        return None
