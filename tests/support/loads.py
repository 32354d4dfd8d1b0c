"""Loads over time, and what the autoscaler makes of them: a function whose replicas are there at once."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mesh.functions import autoscaler
from mesh.functions.autoscaler import Decision, Load, State
from mesh.functions.windows import Span
from mesh.manifests.revision import Scale

InFlight = Callable[[float], int]  # at that second
STEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    at: float
    in_flight: int
    decision: Decision

    @property
    def replicas(self) -> int:
        return self.decision.replicas


def decisions(in_flight: InFlight, scale: Scale, seconds: int, rps: InFlight = lambda _: 0) -> Iterator[Seen]:
    """Look once a second; what no replica has room for is held, and all is where there is none."""
    state, replicas, last, idle = State(), 0, 0, math.inf
    for second in range(seconds):
        count = in_flight(second)
        idle = 0.0 if count or last else idle + STEP_SECONDS
        span = Span(max(0.0, second - STEP_SECONDS), second, last * STEP_SECONDS * bool(second), rps(second))
        room = replicas * (scale.concurrency or math.inf) if replicas else 0
        held = int(max(0, count - room))
        state, decision = autoscaler.decide(state, Load(span, count, held, replicas, idle), scale)
        replicas, last = decision.replicas, count
        yield Seen(second, count, decision)
