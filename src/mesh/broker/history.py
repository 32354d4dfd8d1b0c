"""What happened lately, in memory and bounded: for `trace`, `watch` and the counts of `status`."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec

from mesh.clock import Clock, rfc3339
from mesh.control.shapes import Attempt, Change, Outcome
from mesh.event import Event
from mesh.ledger.records import Letter, Progress, Stored

EVENTS_KEPT = 10_000
CHARACTERS_KEPT = 64 * 1024 * 1024  # of their attributes: one event's may be a megabyte
CHANGES_QUEUED = 1_000


@dataclass(slots=True)
class DeliveryRecord:
    """One trigger's dealings with one event, as far as remembered."""

    trigger: str
    subscriber: str
    outcome: Outcome
    reason: str | None = None
    attempts_before_restart: int = 0
    last_before_restart: str | None = None
    next_due: float | None = None  # seconds since the epoch, while it waits
    attempts: list[Attempt] = field(default_factory=list)
    dead_letter: str | None = None
    reply: int | None = None  # sequence numbers
    sink_reply: int | None = None


@dataclass(slots=True)
class EventRecord:
    stored: Stored
    deliveries: dict[str, DeliveryRecord] = field(default_factory=dict)


class Changes:
    """One watcher's queue: the oldest lines give way when it does not keep up."""

    def __init__(self) -> None:
        self._lines: deque[Change] = deque(maxlen=CHANGES_QUEUED)
        self._arrived = asyncio.Event()

    def put(self, change: Change) -> None:
        self._lines.append(change)
        self._arrived.set()

    async def stream(self) -> AsyncIterator[Change]:
        while True:
            while self._lines:
                yield self._lines.popleft()
            self._arrived.clear()
            await self._arrived.wait()


class History:
    """Remembers the newest events and tells watchers; nothing here decides anything."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: OrderedDict[int, EventRecord] = OrderedDict()
        self._characters = 0
        self._watchers: set[Changes] = set()
        self.delivered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def find(self, event_id: str) -> list[EventRecord]:
        """All remembered events with that id, oldest first."""
        return [record for record in self._events.values() if record.stored.event.id == event_id]

    def get(self, seq: int) -> EventRecord | None:
        return self._events.get(seq)

    async def watch(self) -> AsyncIterator[Change]:
        """Yield every change from now on."""
        changes = Changes()
        self._watchers.add(changes)
        try:
            async for change in changes.stream():
                yield change
        finally:
            self._watchers.discard(changes)

    def accepted(self, stored: Stored) -> None:
        self.seen(stored)
        self._tell("accepted", stored, detail=stored.broker)

    def seen(self, stored: Stored) -> EventRecord:
        """Return the event's record, making one for an event from before a restart."""
        record = self._events.get(stored.seq)
        if record is None:
            record = self._events[stored.seq] = EventRecord(_without_data(stored))
            self._characters += _characters(record)
            while len(self._events) > EVENTS_KEPT or self._characters > CHARACTERS_KEPT:
                self._characters -= _characters(self._events.popitem(last=False)[1])
        return record

    def not_matched(self, stored: Stored, trigger: str, subscriber: str, reason: str) -> None:
        self.seen(stored).deliveries[trigger] = DeliveryRecord(trigger, subscriber, "not_matched", reason)

    def opened(self, stored: Stored, trigger: str, subscriber: str, progress: Progress) -> None:
        outcome: Outcome = "waiting" if progress.attempts else "in_flight"
        self.seen(stored).deliveries[trigger] = DeliveryRecord(
            trigger,
            subscriber,
            outcome,
            attempts_before_restart=progress.attempts,
            last_before_restart=progress.last or None,
            next_due=progress.due or None,
        )
        self._tell("matched", stored, trigger)

    def attempting(self, stored: Stored, trigger: str) -> None:
        delivery = self._delivery(stored, trigger)
        delivery.outcome, delivery.next_due = "in_flight", None

    def attempted(
        self, stored: Stored, trigger: str, attempt: Attempt, *, ok: bool, next_due: float | None = None
    ) -> None:
        delivery = self._delivery(stored, trigger)
        if not delivery.attempts:
            delivery.attempts_before_restart = (
                attempt.number - 1
            )  # known when the record is new, because it was dropped
        delivery.attempts.append(attempt)
        delivery.next_due = next_due
        if next_due is not None:
            delivery.outcome = "waiting"
        if not ok:
            self.failed[trigger] += 1
        self._tell("attempt", stored, trigger, _in_words(attempt), attempt)

    def closed(self, stored: Stored, trigger: str, outcome: Outcome, reason: str | None, letter: str | None) -> None:
        delivery = self._delivery(stored, trigger)
        delivery.outcome, delivery.reason, delivery.dead_letter = outcome, reason, letter
        if outcome == "delivered":
            self.delivered[trigger] += 1
        self._tell(outcome, stored, trigger, reason or "")

    def replied(self, stored: Stored, trigger: str, reply: int, *, from_sink: bool) -> None:
        delivery = self._delivery(stored, trigger)
        if from_sink:
            delivery.sink_reply = reply
        else:
            delivery.reply = reply

    def left_the_list(self, letter: Letter, outcome: Outcome) -> None:
        """Say what became of a dead letter, where its event is still remembered."""
        for record in self.find(letter.event.id):
            delivery = record.deliveries.get(letter.trigger)
            if delivery is not None and delivery.dead_letter == letter.id:
                delivery.outcome = outcome
                self._tell(outcome, record.stored, letter.trigger, letter.id)

    def tell(self, what: str, detail: str) -> None:
        """Tell watchers of something that is about no single event."""
        self._publish(Change(at=rfc3339(self._clock.now()), what=what, detail=detail))

    def _delivery(self, stored: Stored, trigger: str) -> DeliveryRecord:
        deliveries = self.seen(stored).deliveries
        return deliveries.setdefault(trigger, DeliveryRecord(trigger, "", "in_flight"))

    def _tell(
        self, what: str, stored: Stored, trigger: str | None = None, detail: str = "", attempt: Attempt | None = None
    ) -> None:
        if self._watchers:
            change = Change(
                at=rfc3339(self._clock.now()),
                what=what,
                event_id=stored.event.id,
                event_source=stored.event.source,
                event_type=stored.event.type,
                trigger=trigger,
                attempt=attempt,
                detail=detail,
            )
            self._publish(change)

    def _publish(self, change: Change) -> None:
        for watcher in self._watchers:
            watcher.put(change)


def _in_words(attempt: Attempt) -> str:
    status = ": ".join(str(word) for word in (attempt.status, attempt.error) if word)
    fault = " (fault)" if attempt.fault else ""
    wait = "" if attempt.retry_in is None else f", next in {attempt.retry_in:g} s"
    return f"{attempt.number}: {status}{fault}{wait}"


def _characters(record: EventRecord) -> int:
    return sum(map(len, record.stored.event.attributes.values()))


def _without_data(stored: Stored) -> Stored:
    """Ten thousand events of a megabyte are more than memory should hold, and nobody asks for their data here."""
    return msgspec.structs.replace(stored, event=Event(stored.event.attributes))
