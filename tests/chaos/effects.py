"""What the databases must hold after a run: every ride has each of its effects, once. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from chaos.history import COMMAND, History, Holdings

FEE, MILES = "20.00", 7  # of a ride of 12.5 km and 25 minutes, the only one that is sent
ABOUT = ("fee", "invoice", "miles")


def effects(history: History) -> Iterator[str]:
    yield from _rides(history)
    yield from (f"{event} was given up: {why}" for event, why in history.holdings.given_up.items())
    yield from _numbers(history.holdings)
    yield from _balances(history.holdings)
    yield from _facts(history)


def _rides(history: History) -> Iterator[str]:
    """A ride bears its event's id."""
    held = history.holdings
    sends = [send for send in history.sends if send.type == COMMAND]
    acknowledged = {send.event for send in sends if send.status == 202}
    yield from _differing("completed", held.rides, acknowledged, {send.event for send in sends if send.whole})
    rides = set(held.rides)
    effects = {
        "given a fee": [ride for ride, fee in held.fees if fee == FEE],
        "invoiced": [ride for ride, _ in held.invoices],
        "given miles": [ride for ride, miles in held.miles if miles == MILES],
        "settled": held.settled,
    }
    effects |= {f"notified of the {about}": [ride for ride, of in held.notifications if of == about] for about in ABOUT}
    for effect, of in effects.items():
        yield from _differing(effect, of, rides, rides)


def _differing(effect: str, got: list[str], least: set[str], most: set[str]) -> Iterator[str]:
    """Each of the least and none but the most, once."""
    times = Counter(got)
    yield from (f"{ride} was never {effect}" for ride in sorted(least - times.keys()))
    yield from (f"{ride} was {effect} out of nothing" for ride in sorted(times.keys() - most))
    yield from (f"{ride} was {effect} {count} times" for ride, count in times.items() if count > 1)


def _numbers(held: Holdings) -> Iterator[str]:
    """Consecutive within each year."""
    years: defaultdict[str, list[int]] = defaultdict(list)
    for _, number in held.invoices:
        year, _, place = number.partition("-")
        years[year].append(int(place))
    for year, places in years.items():
        if sorted(places) != list(range(1, len(places) + 1)):
            yield f"the invoice numbers of {year} have a gap or a double"


def _balances(held: Holdings) -> Iterator[str]:
    awarded, balance = sum(miles for _, miles in held.miles), sum(held.balances.values())
    if awarded != balance:
        yield f"{awarded} miles were awarded and {balance} are on the accounts"


def _facts(history: History) -> Iterator[str]:
    """What follows from a cause is one fact of each type, whose repeats bear the same id."""
    facts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for arrival in history.arrivals:
        if arrival.cause is not None:
            facts[arrival.cause, arrival.type].add(arrival.event)
    for (cause, kind), ids in facts.items():
        if len(ids) > 1:
            yield f"{len(ids)} different {kind} follow from {cause}"
