"""How many replicas a function should have, and when to look again. Pure: no clock, no I/O.

Scales up at once to what is in flight, and down when a whole window passed without a request. Knative's autoscaler
averages over a stable and a panic window instead (knative/serving pkg/autoscaler/scaling/autoscaler.go).
"""

from dataclasses import dataclass
from math import ceil

from mesh.manifests.model import Scale


@dataclass(frozen=True, slots=True)
class Load:
    """`in_flight` counts what waits for a replica too; `idle_seconds` is since the last request ended."""

    in_flight: int
    idle_seconds: float
    replicas: int


@dataclass(frozen=True, slots=True)
class Decision:
    replicas: int
    look_again_seconds: float | None = None  # None: nothing changes by time alone


def decide(load: Load, scale: Scale) -> Decision:
    """The number of replicas within the function's bounds."""
    window = scale.window.total_seconds()
    if load.in_flight:
        return Decision(bounded(max(load.replicas, ceil(load.in_flight / per_replica(scale))), scale), window)
    if load.idle_seconds < window:
        return Decision(bounded(load.replicas, scale), window - load.idle_seconds)
    return Decision(bounded(0, scale))


def per_replica(scale: Scale) -> float:
    """The target, unless containerConcurrency, which is a hard limit, is lower."""
    return min(scale.target, scale.concurrency or scale.target)


def bounded(replicas: int, scale: Scale) -> int:
    highest = scale.maximum or max(replicas, scale.minimum)
    return min(max(replicas, scale.minimum), highest)
