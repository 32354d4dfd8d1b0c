"""How the grace of a stop is shared out."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from mesh.app import LEAST_GRACE_SECONDS, _wind_down


@dataclass
class Slow:
    """Everything that a stop waits for, on a clock of its own: each part takes its time, or all that it is given."""

    takes_seconds: float
    grace_seconds: float = -1.0
    given: list[float] = field(default_factory=list)
    time: float = 100.0

    def now(self) -> float:
        return self.time

    async def stop(self, within: float) -> None:
        self.given.append(within)
        self.time += min(within, self.takes_seconds)


@pytest.mark.parametrize(
    ("takes_seconds", "given", "left"),
    [(0.0, [10.0, 10.0], 10.0), (3.0, [10.0, 7.0], 4.0), (60.0, [10.0, 0.0], LEAST_GRACE_SECONDS)],
)
async def test_the_parts_of_a_stop_share_one_grace(takes_seconds: float, given: list[float], left: float) -> None:
    everything: Any = Slow(takes_seconds)
    await _wind_down(everything, everything, everything, 10.0, everything)
    assert (everything.given, everything.grace_seconds) == (given, left)
