"""What happened lately, in memory and bounded: for `trace`, `watch` and the counts of `status`."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Sequence

import msgspec

from mesh.broker.route import Route
from mesh.clock import Clock, rfc3339
from mesh.control.shapes import Attempt, Change, Outcome
from mesh.event import Event
from mesh.ledger.records import Letter, Phase, Progress, Stored

EVENTS_KEPT = 10_000
BYTES_KEPT = 64 * 1024 * 1024  # of their attributes: one event's may be a megabyte
CHANGES_QUEUED = 1_000


# gc=False: none of these can be part of a cycle, and the collector would walk ten thousand of them time and again.


class Tried(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One attempt, as `mesh.control.shapes.Attempt` tells it; times are numbers until somebody asks."""

    number: int
    to: Phase
    began: float  # seconds since the epoch
    seconds: float
    status: int | None
    error: str | None = None
    fault: bool = False
    retry_in: float | None = None

    @property
    def next_due(self) -> float | None:
        """Seconds since the epoch."""
        return None if self.retry_in is None else self.began + self.seconds + self.retry_in

    def told(self) -> Attempt:
        return Attempt(
            number=self.number,
            to=self.to,
            at=rfc3339(self.began),
            seconds=self.seconds,
            status=self.status,
            error=self.error,
            fault=self.fault,
            retry_in=self.retry_in,
            next_due=None if self.next_due is None else rfc3339(self.next_due),
        )

    def in_words(self) -> str:
        status = ": ".join(str(word) for word in (self.status, self.error) if word)
        fault = " (fault)" if self.fault else ""
        wait = "" if self.retry_in is None else f", next in {self.retry_in:g} s"
        return f"{self.number}: {status}{fault}{wait}"


class DeliveryRecord(msgspec.Struct, gc=False):
    """One trigger's dealings with one event, as far as remembered."""

    trigger: str
    subscriber: str
    outcome: Outcome
    reason: str | None = None
    attempts_before_restart: int = 0
    last_before_restart: str | None = None
    next_due: float | None = None  # seconds since the epoch, while it waits
    attempts: tuple[Tried, ...] = ()
    dead_letter: str | None = None
    reply: int | None = None  # sequence numbers
    sink_reply: int | None = None


class EventRecord(msgspec.Struct, gc=False):
    """`shown_to` are the triggers that saw it: those that have no delivery did not want it."""

    encoded: bytes  # a dozen objects for each of ten thousand events would be in nobody's cache by the time they go
    deliveries: dict[str, DeliveryRecord] = {}
    shown_to: Sequence[Route] = ()

    @property
    def stored(self) -> Stored:
        """The event without its data."""
        return _decode(self.encoded)


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
        self._of_letters: dict[str, EventRecord] = {}
        self._bytes = 0
        self._watchers: set[Changes] = set()
        self.delivered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def find(self, event_id: str) -> list[EventRecord]:
        """All remembered events with that id, oldest first."""
        name = event_id.encode()
        candidates = [record for record in self._events.values() if name in record.encoded]
        return [record for record in candidates if record.stored.event.id == event_id]

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

    def accepted(self, stored: Stored, triggers: Sequence[Route]) -> None:
        self.shown(stored, triggers)
        self._tell("accepted", stored, detail=stored.broker)

    def seen(self, stored: Stored) -> EventRecord:
        """Return the event's record, making one for an event from before a restart."""
        record = self._events.get(stored.seq)
        if record is None:
            record = self._events[stored.seq] = EventRecord(msgspec.msgpack.encode(_without_data(stored)))
            self._bytes += len(record.encoded)
            while len(self._events) > EVENTS_KEPT or self._bytes > BYTES_KEPT:
                self._forget(self._events.popitem(last=False)[1])
        return record

    def shown(self, stored: Stored, triggers: Sequence[Route]) -> None:
        """Whether each wanted it is found out when somebody asks."""
        self.seen(stored).shown_to = triggers

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

    def attempted(self, stored: Stored, trigger: str, tried: Tried, *, ok: bool) -> None:
        delivery = self._delivery(stored, trigger)
        if not delivery.attempts:
            delivery.attempts_before_restart = tried.number - 1  # known when the record is new, because it was dropped
        delivery.attempts += (tried,)
        if tried.retry_in is not None:
            delivery.outcome, delivery.next_due = "waiting", tried.next_due
        if not ok:
            self.failed[trigger] += 1
        self._tell("attempt", stored, trigger, tried=tried)

    def closed(self, stored: Stored, trigger: str, outcome: Outcome, reason: str | None, letter: str | None) -> None:
        delivery = self._delivery(stored, trigger)
        delivery.outcome, delivery.reason, delivery.dead_letter = outcome, reason, letter
        if letter is not None:
            self._of_letters[letter] = self.seen(stored)
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
        record = self._of_letters.pop(letter.id, None)
        if record is not None:
            record.deliveries[letter.trigger].outcome = outcome
            self._tell(outcome, record.stored, letter.trigger, letter.id)

    def tell(self, what: str, detail: str) -> None:
        """Tell watchers of something that is about no single event."""
        self._publish(Change(at=rfc3339(self._clock.now()), what=what, detail=detail))

    def _forget(self, record: EventRecord) -> None:
        self._bytes -= len(record.encoded)
        for delivery in record.deliveries.values():
            self._of_letters.pop(delivery.dead_letter or "", None)

    def _delivery(self, stored: Stored, trigger: str) -> DeliveryRecord:
        deliveries = self.seen(stored).deliveries
        delivery = deliveries.get(trigger)
        if delivery is None:
            delivery = deliveries[trigger] = DeliveryRecord(trigger, "", "in_flight")
        return delivery

    def _tell(
        self, what: str, stored: Stored, trigger: str | None = None, detail: str = "", tried: Tried | None = None
    ) -> None:
        if self._watchers:
            change = Change(
                at=rfc3339(self._clock.now()),
                what=what,
                event_id=stored.event.id,
                event_source=stored.event.source,
                event_type=stored.event.type,
                trigger=trigger,
                attempt=None if tried is None else tried.told(),
                detail=detail if tried is None else tried.in_words(),
            )
            self._publish(change)

    def _publish(self, change: Change) -> None:
        for watcher in self._watchers:
            watcher.put(change)


def _without_data(stored: Stored) -> Stored:
    """Ten thousand events of a megabyte are more than memory should hold, and nobody asks for their data here."""
    event = Event(stored.event.attributes)
    return Stored(stored.seq, stored.broker, stored.accepted_at, event, stored.target, stored.replay_of)


_decode = msgspec.msgpack.Decoder(Stored).decode
