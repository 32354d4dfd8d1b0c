"""Where each trigger stands, known without asking the disk: positions, and what is tried again."""

from collections import defaultdict
from collections.abc import Iterable, KeysView


class Standing:
    """The triggers that there are; one that is gone is unknown, whatever is still said about it."""

    def __init__(self, subscriptions: Iterable[tuple[str, str, int]], postponed: Iterable[tuple[str, int]]) -> None:
        self._brokers: dict[str, str] = {}
        self._positions: defaultdict[str, dict[str, int]] = defaultdict(dict)  # by broker, by trigger
        self._postponed: defaultdict[int, set[str]] = defaultdict(set)  # the triggers that try it again, by number
        for trigger, broker, position in subscriptions:
            self.subscribe(trigger, broker, position)
        for trigger, seq in postponed:
            self.postpone(trigger, seq)

    def __contains__(self, trigger: str) -> bool:
        return trigger in self._brokers

    @property
    def postponed(self) -> KeysView[int]:
        """The numbers of all that is tried again."""
        return self._postponed.keys()

    def broker(self, trigger: str) -> str:
        return self._brokers[trigger]

    def position(self, trigger: str) -> int:
        return self._positions[self._brokers[trigger]][trigger]

    def served(self) -> Iterable[str]:
        """The brokers that have a trigger."""
        return [broker for broker, positions in self._positions.items() if positions]

    def done(self, broker: str, newest: int) -> int:
        """Up to where all of a broker's triggers are done: without one, up to the newest number."""
        return min(self._positions[broker].values(), default=newest)

    def subscribe(self, trigger: str, broker: str, position: int) -> None:
        """A trigger that is known stays where it is."""
        if trigger not in self._brokers:
            self._brokers[trigger] = broker
            self._positions[broker][trigger] = position

    def unsubscribe(self, trigger: str) -> list[int]:
        """Forget it; answer what it tried again."""
        del self._positions[self._brokers.pop(trigger)][trigger]
        return [seq for seq in list(self._postponed) if self.finish(trigger, seq)]

    def advance(self, trigger: str, position: int) -> bool:
        """Answer whether it has moved: a position never goes back."""
        positions = self._positions[self._brokers[trigger]]
        moved = position > positions[trigger]
        if moved:
            positions[trigger] = position
        return moved

    def postpone(self, trigger: str, seq: int) -> None:
        self._postponed[seq].add(trigger)

    def finish(self, trigger: str, seq: int) -> bool:
        """Answer whether the trigger tried this one again."""
        triggers = self._postponed.get(seq)
        if triggers is None or trigger not in triggers:
            return False
        triggers.discard(trigger)
        if not triggers:
            del self._postponed[seq]
        return True
