"""One event's tree, made from what is remembered and from what the ledger still holds."""

from collections.abc import Sequence

from mesh.broker.history import DeliveryRecord, EventRecord, History
from mesh.broker.route import Route
from mesh.clock import rfc3339
from mesh.control.shapes import Delivery, Trace, TracedEvent
from mesh.ledger.port import Ledger
from mesh.ledger.records import Subscription


class Tracer:
    """Answers `mesh trace`; `routes` are the triggers of today."""

    def __init__(self, history: History, ledger: Ledger, routes: Sequence[Route]) -> None:
        self._history = history
        self._ledger = ledger
        self._routes = routes
        self._standing = {one.trigger: one for one in ledger.subscriptions()}

    def trace(self, event_id: str, source: str | None) -> Trace:
        """Find every event with that id; of several sources, all are named and none is shown."""
        for stored in self._ledger.find(event_id):
            self._history.seen(stored)
        records = self._history.find(event_id)
        sources = sorted({record.stored.event.source for record in records})
        if source is None and len(sources) > 1:
            return Trace(sources=sources, events=[])
        wanted = [record for record in records if source in (None, record.stored.event.source)]
        return Trace(sources=sources, events=[self._event(record) for record in wanted])

    def _event(self, record: EventRecord) -> TracedEvent:
        event = record.stored.event
        return TracedEvent(
            id=event.id,
            source=event.source,
            type=event.type,
            broker=record.stored.broker,
            accepted_at=rfc3339(record.stored.accepted_at),
            seq=record.stored.seq,
            replay_of=record.stored.replay_of,
            deliveries=[
                *map(self._delivery, record.deliveries.values()),
                *_not_matched(record),
                *self._not_remembered(record),
            ],
        )

    def _delivery(self, record: DeliveryRecord) -> Delivery:
        return Delivery(
            trigger=record.trigger,
            subscriber=record.subscriber,
            outcome=record.outcome,
            reason=record.reason,
            attempts_before_restart=record.attempts_before_restart,
            last_before_restart=record.last_before_restart,
            next_due=None if record.next_due is None else rfc3339(record.next_due),
            attempts=[tried.told() for tried in record.attempts],
            dead_letter=record.dead_letter,
            reply=self._reply(record.reply),
            sink_reply=self._reply(record.sink_reply),
        )

    def _reply(self, seq: int | None) -> TracedEvent | None:
        record = None if seq is None else self._history.get(seq)
        return None if record is None else self._event(record)

    def _not_remembered(self, record: EventRecord) -> list[Delivery]:
        """Triggers whose window is full have not looked at the event yet; of others the ledger knows how they stand."""
        if self._ledger.event(record.stored.seq) is None:
            return []
        return [
            delivery
            for route in self._routes
            if route.key in self._standing and route.key not in record.deliveries and route.wants(record.stored)
            if (delivery := _outstanding(route, self._standing[route.key], record.stored.seq)) is not None
        ]


def _not_matched(record: EventRecord) -> list[Delivery]:
    """Those who saw the event and did not want it; a replay, which is for one, is shown to no other."""
    if record.stored.target is not None:
        return []
    return [
        Delivery(trigger=route.key, subscriber=route.subscriber.url, outcome="not_matched", reason=reason)
        for route in record.shown_to
        if route.key not in record.deliveries and (reason := route.why_not(record.stored)) is not None
    ]


def _outstanding(route: Route, standing: Subscription, seq: int) -> Delivery | None:
    """What the trigger's row says, as after a restart; None for an event that it is done with."""
    progress = standing.open.get(seq)
    if progress is not None:
        return Delivery(
            trigger=route.key,
            subscriber=route.subscriber.url,
            outcome="waiting" if progress.attempts else "in_flight",
            attempts_before_restart=progress.attempts,
            last_before_restart=progress.last or None,
            next_due=rfc3339(progress.due) if progress.due else None,
        )
    if seq <= standing.position or seq in standing.done:
        return None
    return Delivery(trigger=route.key, subscriber=route.subscriber.url, outcome="pending")
