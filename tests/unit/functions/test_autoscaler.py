"""How many replicas a load needs, over time."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from mesh.functions.autoscaler import Load, State, decide, target
from mesh.functions.windows import Span
from mesh.manifests.revision import Scale
from support.loads import InFlight, decisions

TEN = Scale(target=10, utilization_percent=100)


def burst(seconds: range, count: int, rest: int = 0) -> InFlight:
    return lambda at: count if at in seconds else rest


def ramp(at: float) -> int:
    return int(at)


def sawtooth(at: float) -> int:
    return 40 if int(at) % 10 < 5 else 0


def steps(at: float) -> int:
    return 5 if at < 100 else 35


TABLES: dict[str, tuple[InFlight, Scale, dict[int, int]]] = {
    "nothing": (burst(range(0), 0), TEN, {0: 0, 100: 0}),
    "one request starts one, which stays for a window": (burst(range(5, 6), 1), TEN, {4: 0, 5: 1, 65: 1, 66: 0}),
    "a burst from zero is seen at once": (burst(range(5, 15), 95), TEN, {4: 0, 5: 10, 14: 10}),
    "after a burst a whole window goes by, then half of them, and half": (
        burst(range(5, 15), 95), TEN, {15: 10, 64: 10, 65: 5, 66: 2, 74: 1, 75: 0},
    ),
    "a step is too much for the panic window at first, then for the stable one": (
        steps, TEN, {99: 1, 100: 1, 102: 2, 105: 3, 106: 4, 160: 4},
    ),
    "a spike is seen by the panic window and not yet by the stable one": (
        burst(range(100, 103), 90, rest=4), TEN, {99: 1, 101: 2, 103: 5, 140: 5, 161: 5, 162: 2, 170: 1},
    ),
    "a ramp": (ramp, TEN, {10: 1, 20: 2, 30: 3, 60: 6, 200: 17}),
    "a sawtooth is worth its average, and the panic that it begins with": (sawtooth, TEN, {0: 4, 5: 4, 70: 4, 200: 4}),
    "the maximum holds": (burst(range(5, 15), 95), replace(TEN, maximum=4), {5: 4, 14: 4, 75: 2, 76: 1, 77: 0}),
    "the minimum holds": (burst(range(5, 15), 95), replace(TEN, minimum=2), {0: 2, 5: 10, 65: 5, 66: 2, 200: 2}),
    "whoever is there is there with the activation scale": (
        burst(range(5, 6), 1), replace(TEN, activation=3), {4: 0, 5: 3, 65: 3, 66: 1, 67: 0},
    ),
    "a scale-down is delayed": (
        burst(range(5, 15), 95), replace(TEN, down_delay=timedelta(seconds=30)), {93: 10, 94: 5, 123: 5, 124: 2},
    ),
    "containerConcurrency is a hard limit: what is held is seen at once": (
        burst(range(100, 160), 8, rest=1), replace(TEN, target=None, concurrency=2), {99: 1, 100: 4, 150: 4},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("load", "scale", "expected"), TABLES.values(), ids=TABLES)
def test_replicas_follow_the_load(load: InFlight, scale: Scale, expected: dict[int, int]) -> None:
    seen = {int(one.at): one.replicas for one in decisions(load, scale, 201)}
    assert {second: seen[second] for second in expected} == expected


def test_requests_a_second_are_averaged_over_the_windows() -> None:
    scale = Scale(metric="rps", target=50, utilization_percent=100)
    seen = list(decisions(lambda _: 1, scale, 201, rps=lambda at: 20 if at < 100 else 180))
    assert [seen[second].replicas for second in (50, 99, 104, 110, 200)] == [1, 1, 4, 4, 4]


def test_a_panic_is_told_with_its_load_and_ends_a_window_after_it_was_last_one() -> None:
    seen = list(decisions(burst(range(5, 15), 95, rest=1), TEN, 201))
    assert seen[5].decision.why == "1 in flight on average, target 10"
    assert (seen[6].decision.mode, seen[6].decision.why) == ("panic", "panic: 16.7 in flight over target 10")
    modes = [one.decision.mode for one in seen]
    assert modes.index("stable", 6) == 67


def test_in_a_panic_no_replica_goes() -> None:
    seen = list(decisions(burst(range(5, 15), 95, rest=1), TEN, 201))
    in_panic = [one.replicas for one in seen if one.decision.mode == "panic"]
    assert in_panic == sorted(in_panic)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (Scale(), 70),
        (Scale(metric="rps"), 140),
        (Scale(target=4), 2.8),
        (Scale(target=4, utilization_percent=100), 4),
        (Scale(concurrency=10), 7),
        (Scale(target=20, concurrency=10), 7),
        (Scale(target=5, concurrency=10), 3.5),
        (Scale(concurrency=1), 1),
        (Scale(metric="rps", target=20, concurrency=10), 14),
    ],
)
def test_the_target_is_what_serving_makes_of_the_settings(scale: Scale, expected: float) -> None:
    assert target(scale) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("load", "seconds"),
    [
        (Load(Span(0, 0), 3, 0, 1, 0.0), 1.0),
        (Load(Span(0, 0), 0, 0, 1, 15.0), 1.0),
        (Load(Span(0, 0), 0, 0, 1, 59.5), 0.5),
        (Load(Span(0, 0), 0, 0, 1, 60.0), None),
        (Load(Span(0, 0), 0, 0, 4, 60.0), 1.0),
        (Load(Span(0, 0), 0, 0, 0, math.inf), None),
    ],
)
def test_it_says_when_time_alone_can_change_the_decision(load: Load, seconds: float | None) -> None:
    assert decide(State(), load, Scale())[1].look_again_seconds == seconds
