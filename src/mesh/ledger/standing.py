"""Where brokers and their triggers stand, known without asking the disk."""

from collections import defaultdict
from collections.abc import Iterable, KeysView, Sequence

import msgspec


class BrokerState(msgspec.Struct):
    """The newest number of its events, the next offset of each partition, from 0, and each trigger's position."""

    newest: int = 0
    offsets: dict[int, int] = {}
    positions: dict[str, int] = {}


class Standing:
    """A trigger that is gone is unknown, whatever is still said about it."""

    def __init__(self, brokers: Iterable[tuple[str, BrokerState]], postponed: Iterable[tuple[str, int]]) -> None:
        self._states = defaultdict(BrokerState, brokers)
        self._brokers = {trigger: broker for broker, state in self._states.items() for trigger in state.positions}
        self._postponed: defaultdict[int, set[str]] = defaultdict(set)  # the triggers that try it again, by number
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

    def state(self, broker: str) -> BrokerState:
        return self._states[broker]

    @property
    def newest(self) -> int:
        """The newest number of all."""
        return max((state.newest for state in self._states.values()), default=0)

    def position(self, trigger: str) -> int:
        return self._states[self._brokers[trigger]].positions[trigger]

    def served(self) -> Iterable[str]:
        """The brokers that have a trigger."""
        return [broker for broker, state in self._states.items() if state.positions]

    def done(self, broker: str, newest: int) -> int:
        """Up to where all of a broker's triggers are done: without one, up to the newest number."""
        return min(self._states[broker].positions.values(), default=newest)

    def subscribe(self, trigger: str, broker: str, position: int) -> bool:
        """Answer whether it is new: one that is known stays where it is."""
        new = trigger not in self._brokers
        if new:
            self._brokers[trigger] = broker
            self._states[broker].positions[trigger] = position
        return new

    def unsubscribe(self, trigger: str) -> set[int]:
        """Forget it; answer what it tried again."""
        del self._states[self._brokers.pop(trigger)].positions[trigger]
        return self.finish(trigger, list(self._postponed))

    def advance(self, trigger: str, position: int) -> bool:
        """Answer whether it has moved: a position never goes back."""
        positions = self._states[self._brokers[trigger]].positions
        moved = position > positions[trigger]
        if moved:
            positions[trigger] = position
        return moved

    def postpone(self, trigger: str, seq: int) -> None:
        self._postponed[seq].add(trigger)

    def finish(self, trigger: str, seqs: Sequence[int]) -> set[int]:
        """Answer which of these the trigger tried again."""
        tried_again = {seq for seq in self._postponed.keys() & seqs if trigger in self._postponed[seq]}
        for seq in tried_again:
            self._postponed[seq].discard(trigger)
            if not self._postponed[seq]:
                del self._postponed[seq]
        return tried_again
