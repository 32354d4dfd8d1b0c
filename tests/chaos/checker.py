"""What must hold of every history: each rule names what breaks it. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from chaos.effects import effects
from chaos.history import Arrival, Copy, Death, History, Send, Subscriber

SHOWN = 20


def violations(history: History) -> list[str]:
    """Everything that is wrong with a history; an empty list is what a run is for."""
    rules = (answered, awaited, lost, invented, unequal, disordered, overtaken, attempted_too_often, left_over, effects)
    return [sentence for rule in rules for sentence in rule(history)]


def answered(history: History) -> Iterator[str]:
    """A producer is told that its event is stored, or that it is not stored now."""
    for send in history.sends:
        if send.status not in (202, history.broker_class.refusal, None):
            yield f"{send.event} was answered {send.status}"


def awaited(history: History) -> Iterator[str]:
    """Where a producer waits for the triggers, each has settled a copy for each acknowledgement until then."""
    if not history.broker_class.awaits_triggers:
        return
    settled = _settled(history)
    for event, sends in _by_event(history).items():
        ends = sorted(send.ended for send in sends if send.status == 202)
        for subscriber in _wanting(history, sends[0].type):
            for times, ended in enumerate(ends, 1):
                got = sum(at <= ended for at in settled[subscriber.trigger, event].values())
                if got < times:
                    yield f"{event} was acknowledged {times} times when {subscriber.trigger} had got it {got} times"


def lost(history: History) -> Iterator[str]:
    """Each acknowledgement stands for a copy that every trigger takes, or gives to the dead letter sink."""
    settled = _settled(history)
    for event, sends in _by_event(history).items():
        acknowledged = sum(send.status == 202 for send in sends)
        for subscriber in _wanting(history, sends[0].type):
            got = len(settled[subscriber.trigger, event])
            if got < acknowledged:
                yield f"{event} was acknowledged {acknowledged} times and {subscriber.trigger} got it {got} times"


def invented(history: History) -> Iterator[str]:
    """No copy without a whole request; no copy of a reply without a copy of its cause."""
    copies, causes = _copies(history), {arrival.event: arrival.cause for arrival in history.arrivals}
    sent = {event: sum(send.whole for send in sends) for event, sends in _by_event(history).items()}
    for event, stored in copies.items():
        cause = causes[event]
        bound = sent.get(event, 0) if cause is None else len(copies.get(cause, ()))
        if len(stored) > bound:
            yield f"{event} is stored {len(stored)} times, and {bound} times {'sent' if cause is None else 'caused'}"


def unequal(history: History) -> Iterator[str]:
    """All triggers that want a type settle the same copies: what one of them got, each got."""
    settled, types = _settled(history), {arrival.event: arrival.type for arrival in history.arrivals}
    for event, copies in _copies(history).items():
        for subscriber in _wanting(history, types[event]):
            missing = copies - settled[subscriber.trigger, event].keys()
            if missing:
                yield f"{subscriber.trigger} never took {event} at {sorted(missing)}"


def disordered(history: History) -> Iterator[str]:
    """Where order is kept, all attempts at an event come before the first at the next of its partition."""
    for subscriber in history.subscribers:
        is_ordered = subscriber.ordered and history.broker_class.keeps_order
        arrivals = _of(history, subscriber) if is_ordered else []
        newest: dict[int, Arrival] = {}
        for arrival in arrivals:
            before = newest.get(arrival.copy.partition)
            if before is not None and arrival.copy < before.copy:
                yield f"{subscriber.trigger} got {arrival.event} at {arrival.copy} after {before.event}: {before.copy}"
            newest[arrival.copy.partition] = arrival


def overtaken(history: History) -> Iterator[str]:
    """What was acknowledged before the next of its key was sent lies before it."""
    copies = _copies(history)
    keys: defaultdict[str, list[list[Send]]] = defaultdict(list)
    for event, sends in _by_event(history).items():
        if event in copies:
            keys[sends[0].key].append(sends)
    for first, second in (pair for events in keys.values() for pair in pairwise(events)):
        before = any(send.status == 202 and send.ended <= second[0].began for send in first)
        if before and min(copies[first[0].event]) > min(copies[second[0].event]):
            yield f"{second[0].event} was sent after {first[0].event} was acknowledged, and lies before it"


def attempted_too_often(history: History) -> Iterator[str]:
    """One attempt and the retries, and one more for each that a death of the mesh may have cut off."""
    for subscriber in history.subscribers:
        for (event, copy), attempts in _attempts(history, subscriber).items():
            cut_off = sum(_died(history.deaths, one, after) for one, after in pairwise(attempts))
            if len(attempts) > 1 + subscriber.retry + cut_off:
                allowed = f"{subscriber.retry} retries, {cut_off} cut off"
                yield f"{subscriber.trigger} got {event} at {copy} {len(attempts)} times: {allowed}"


def left_over(history: History) -> Iterator[str]:
    """In the end nothing is on its way, and no dead letter is without a sink."""
    if history.holdings.outstanding:
        yield f"{history.holdings.outstanding} deliveries are still outstanding"
    if history.holdings.kept:
        yield f"{history.holdings.kept} dead letters were kept, although there is a sink"


def _by_event(history: History) -> dict[str, list[Send]]:
    """Each event's requests, in the order of their beginnings."""
    events: defaultdict[str, list[Send]] = defaultdict(list)
    for send in sorted(history.sends, key=lambda send: send.began):
        events[send.event].append(send)
    return events


def _copies(history: History) -> dict[str, set[Copy]]:
    copies: defaultdict[str, set[Copy]] = defaultdict(set)
    for arrival in history.arrivals:
        copies[arrival.event].add(arrival.copy)
    return dict(copies)


def _settled(history: History) -> defaultdict[tuple[str, str], dict[Copy, float]]:
    """Of each trigger and event, the copies that it or its dead letter sink took, and when first."""
    settled: defaultdict[tuple[str, str], dict[Copy, float]] = defaultdict(dict)
    for arrival in history.arrivals:
        if arrival.taken:
            copies = settled[arrival.trigger, arrival.event]
            copies[arrival.copy] = min(arrival.at, copies.get(arrival.copy, arrival.at))
    return settled


def _wanting(history: History, event_type: str) -> list[Subscriber]:
    return [subscriber for subscriber in history.subscribers if subscriber.wants(event_type)]


def _of(history: History, subscriber: Subscriber) -> list[Arrival]:
    """A trigger's arrivals, those of its dead letters included, as they came."""
    own = (arrival for arrival in history.arrivals if arrival.trigger == subscriber.trigger)
    return sorted(own, key=lambda arrival: arrival.at)


def _died(deaths: list[Death], one: float, after: float) -> bool:
    """Whether the mesh that made one attempt was not that which made the one after it."""
    return any(one <= death.replaced and death.killed < after for death in deaths)


def _attempts(history: History, subscriber: Subscriber) -> dict[tuple[str, Copy], list[float]]:
    """When each copy was attempted, its dead letter aside."""
    times: defaultdict[tuple[str, Copy], list[float]] = defaultdict(list)
    for arrival in _of(history, subscriber):
        if not arrival.dead:
            times[arrival.event, arrival.copy].append(arrival.at)
    return times
