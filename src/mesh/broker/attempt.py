"""An attempt that was made: what it means in its broker's class, and how the history tells it. Pure."""

import msgspec

from mesh.broker import failures
from mesh.broker.delivery import Result
from mesh.broker.history import Tried
from mesh.broker.retry import Failed, GiveUp, Wait
from mesh.broker.route import Route
from mesh.event import Event
from mesh.ledger.records import Progress, Stored


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """`progress` is how the event stood before it; times are in seconds since the epoch.

    `verdict` is why it failed, or the reply; None is success without a reply.
    """

    progress: Progress
    began: float
    ended: float
    result: Result
    verdict: Event | Failed | None

    @property
    def number(self) -> int:
        return self.progress.attempts + 1


def verdict(route: Route, stored: Stored, progress: Progress, result: Result, now: float) -> Event | Failed | None:
    """Judge as the broker's class does."""
    broker_class = route.broker_class
    if result.response is None:
        return broker_class.no_response(result.error, result.timed_out)
    if progress.failure is not None:
        return broker_class.read_sink_reply(result.response)
    answered = broker_class.read_reply(result.response)
    if not isinstance(answered, Event):
        return answered
    caused = answered.with_headers(broker_class.travels(result.response.raw_headers()))
    return broker_class.reply(stored.event, caused, now)


def tried(route: Route, made: Attempt, decision: Wait | GiveUp | None = None) -> Tried:
    """Tell the attempt, and what was decided after it failed."""
    result, failed = made.result, made.verdict
    return Tried(
        number=made.number,
        to=made.progress.phase,
        began=made.began,
        seconds=made.ended - made.began,
        status=None if result.response is None else result.response.status,
        error=_in_words(route, made, failed) if isinstance(failed, Failed) else None,
        fault=result.fault,
        retry_in=decision.pause.total_seconds() if isinstance(decision, Wait) else None,
    )


def _in_words(route: Route, made: Attempt, failed: Failed) -> str:
    sink = None if made.progress.failure is None else route.inherited.spec.dead_letter_sink
    return failures.in_words(sink or route.trigger.subscriber, made.result.response, failed, failed.reason)
