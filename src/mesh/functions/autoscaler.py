"""How many replicas a function should have, and when to look again. Pure: no clock, no I/O.

Decides as Knative's autoscaler does (knative/serving pkg/autoscaler/scaling/autoscaler.go): from the average load over
a stable and a panic window. On a single machine three things are different, since a replica is there in some 50 ms and
the load is known exactly:

* It looks whenever a request is held, and every sixtieth of the window, instead of every two seconds.
* A request that is held counts at once, not as a part of an average: no average has to confirm that it waits.
* An empty window ends a panic too, so that a function is gone when it was idle for a window, not for two.
"""

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Literal

from mesh.functions import windows
from mesh.functions.windows import Span
from mesh.manifests.revision import Scale

TARGETS = {"concurrency": 100.0, "rps": 200.0}
MAX_UP_RATE, MAX_DOWN_RATE = 1000.0, 2.0
SHORTEST_LOOK_SECONDS = 0.05
UNITS = {"concurrency": "in flight", "rps": "requests a second"}

Mode = Literal["stable", "panic"]


@dataclass(frozen=True, slots=True)
class Load:
    """What is seen at one look. `in_flight` counts held requests too; `span` is since the last look."""

    span: Span
    in_flight: int
    held: int
    ready: int  # replicas
    idle_seconds: float  # since the last request ended

    @property
    def now(self) -> float:
        return self.span.end


@dataclass(frozen=True, slots=True)
class State:
    """What one look hands to the next."""

    spans: tuple[Span, ...] = ()
    panic_at: float | None = None  # when the load was last over the threshold
    panic_replicas: int = 0
    delayed: tuple[tuple[float, int], ...] = ()  # when how many were wanted, always fewer than before


@dataclass(frozen=True, slots=True)
class Decision:
    """`why` is for a person to read."""

    replicas: int = 0
    mode: Mode = "stable"
    why: str = ""
    look_again_seconds: float | None = None  # None: nothing changes by time alone


def decide(state: State, load: Load, scale: Scale) -> tuple[State, Decision]:
    """The number of replicas within the function's bounds."""
    idle = not load.in_flight and load.idle_seconds >= scale.window.total_seconds()
    after, wanted, why = idled(load, scale) if idle else loaded(state, load, scale)
    bound = bounded(wanted, scale)
    delayed = lately(state, load.now, bound, scale)
    decided = delayed[0][1]
    if decided > wanted:
        why = "scale.min" if decided == scale.minimum else "scale-down-delay"
    panicking = after.panic_at is not None
    again = look_again(load, decided, scale, idle=idle)
    after = replace(after, panic_replicas=bound if panicking else 0, delayed=delayed)
    return after, Decision(decided, "panic" if panicking else "stable", why, again)


def idled(load: Load, scale: Scale) -> tuple[State, int, str]:
    return State(), least(load), f"idle for {scale.window.total_seconds():g} s"


def loaded(state: State, load: Load, scale: Scale) -> tuple[State, int, str]:
    """In a panic the number never falls."""
    spans = windows.recorded(state.spans, load.span, scale.window.total_seconds())
    stable, panic = observed(spans, load, scale)
    wanted = max(1, replicas(stable, load, scale))
    panic_at = panicked(state, load, scale, panic)
    if panic_at is None:
        return State(spans), wanted, f"{said(stable, scale)} on average, {aim(scale)}"
    wanted = max(wanted, replicas(panic, load, scale), state.panic_replicas)
    return State(spans, panic_at), wanted, f"panic: {said(panic, scale)} over {aim(scale)}"


def target(scale: Scale) -> float:
    """What one replica is for (knative/serving pkg/reconciler/autoscaling/resources/target.go)."""
    total = scale.target or TARGETS[scale.metric]
    if scale.metric == "concurrency" and scale.concurrency:
        total = min(scale.target or scale.concurrency, scale.concurrency)
    return max(1.0, total * scale.utilization_percent / 100)


def observed(spans: tuple[Span, ...], load: Load, scale: Scale) -> tuple[float, float]:
    """The metric over the stable and over the panic window."""
    window = scale.window.total_seconds()
    short = window * scale.panic_window_percent / 100
    if scale.metric == "rps":
        return windows.rate(spans, window), windows.rate(spans, short)
    panic = windows.concurrency(spans, short, load.in_flight)
    return windows.concurrency(spans, window, load.in_flight), max(panic, load.in_flight if load.held else 0)


def replicas(value: float, load: Load, scale: Scale) -> int:
    """Enough for that value, neither too many nor too few at once."""
    most = ceil(MAX_UP_RATE * max(1, load.ready))
    needed = min(max(ceil(value / target(scale)), least(load)), most)
    return max(needed, scale.activation) if value else needed


def least(load: Load) -> int:
    return floor(max(1, load.ready) / MAX_DOWN_RATE)


def panicked(state: State, load: Load, scale: Scale, value: float) -> float | None:
    """When the load was last so much over what the replicas are for that it is a panic; None when there is none."""
    threshold = scale.panic_threshold_percent / 100
    if ceil(value / target(scale)) / max(1, load.ready) >= threshold:
        return load.now
    if state.panic_at is None or state.panic_at + scale.window.total_seconds() <= load.now:
        return None
    return state.panic_at


def bounded(wanted: int, scale: Scale) -> int:
    highest = scale.maximum or max(wanted, scale.minimum)
    return min(max(wanted, scale.minimum), highest)


def lately(state: State, now: float, wanted: int, scale: Scale) -> tuple[tuple[float, int], ...]:
    """What still holds a scale-down back, and then what is wanted now; the first one is the most."""
    since = now - scale.down_delay.total_seconds()
    return (*((at, number) for at, number in state.delayed if at > since and number > wanted), (now, wanted))


def said(value: float, scale: Scale) -> str:
    return f"{value:.3g} {UNITS[scale.metric]}"


def aim(scale: Scale) -> str:
    return f"target {target(scale):.3g}"


def look_again(load: Load, decided: int, scale: Scale, *, idle: bool) -> float | None:
    """While there is load, averages change; without any they do until the window is empty."""
    if idle and decided <= scale.minimum:
        return None
    soon = max(scale.window.total_seconds() / windows.PARTS, SHORTEST_LOOK_SECONDS)
    if load.in_flight or idle:
        return soon
    return min(soon, scale.window.total_seconds() - load.idle_seconds)
