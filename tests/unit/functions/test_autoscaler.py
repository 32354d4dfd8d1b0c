"""How many replicas a load needs."""

from datetime import timedelta

import pytest

from mesh.functions.autoscaler import Decision, Load, decide
from mesh.manifests.model import Scale

MINUTE = timedelta(seconds=60)


@pytest.mark.parametrize(
    ("scale", "load", "replicas"),
    [
        (Scale(), Load(0, 0.0, 0), 0),
        (Scale(), Load(1, 0.0, 0), 1),
        (Scale(), Load(100, 0.0, 1), 1),
        (Scale(), Load(101, 0.0, 1), 2),
        (Scale(target=4), Load(9, 0.0, 1), 3),
        (Scale(target=4, concurrency=2), Load(9, 0.0, 1), 5),
        (Scale(target=4, maximum=2), Load(100, 0.0, 1), 2),
        (Scale(minimum=2), Load(0, 0.0, 0), 2),
        (Scale(minimum=2), Load(0, 999.0, 5), 2),
        (Scale(target=4), Load(1, 0.0, 3), 3),
        (Scale(window=MINUTE), Load(0, 59.9, 3), 3),
        (Scale(window=MINUTE), Load(0, 60.0, 3), 0),
        (Scale(target=4, maximum=3), Load(0, 1.0, 5), 3),
    ],
)
def test_replicas_follow_the_load_at_once_and_go_after_a_window_without_any(
    scale: Scale, load: Load, replicas: int
) -> None:
    assert decide(load, scale).replicas == replicas


@pytest.mark.parametrize(
    ("load", "seconds"), [(Load(0, 15.0, 1), 45.0), (Load(3, 0.0, 1), 60.0), (Load(0, 70.0, 1), None)]
)
def test_it_says_when_time_alone_can_change_the_decision(load: Load, seconds: float | None) -> None:
    assert decide(load, Scale(window=MINUTE)) == Decision(1 if seconds else 0, seconds)
