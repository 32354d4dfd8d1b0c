"""How many events wait for each of a broker's triggers, from one walk through what the broker has."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping


def beyond(positions: Mapping[str, int], batches: Iterable[tuple[int, int, str | None]]) -> Iterator[tuple[str, int]]:
    """Yield each trigger with the number of events after its position, those for another trigger aside.

    The batches come newest first: the numbers of their first and last event, and the trigger that these are for.
    """
    for_all, for_one = 0, Counter[str]()
    behind = sorted(positions, key=positions.__getitem__)  # all that is counted so far
    for first, last, target in batches:
        while behind and positions[behind[-1]] >= first:
            trigger = behind.pop()
            yield trigger, for_all + for_one[trigger] + max(0, last - positions[trigger])
        if target is None:
            for_all += last - first + 1
        else:
            for_one[target] += last - first + 1
    yield from ((trigger, for_all + for_one[trigger]) for trigger in behind)
