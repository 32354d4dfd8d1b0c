"""What holds of the autoscaler whatever the load and the settings are."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mesh.functions.autoscaler import Load, State, decide
from mesh.functions.windows import Span
from mesh.manifests.revision import Scale
from support.loads import decisions

counts = st.integers(0, 500)
loads = st.lists(st.one_of(st.just(0), counts), min_size=1, max_size=80)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    minimum = draw(st.integers(0, 5))
    return Scale(
        minimum=minimum,
        maximum=draw(st.sampled_from([0, max(1, minimum), minimum + 7])),
        metric=draw(st.sampled_from(["concurrency", "rps"])),
        target=draw(st.none() | st.floats(0.01, 300)),
        concurrency=draw(st.integers(0, 20)),
        window=timedelta(seconds=draw(st.sampled_from([6, 20, 60]))),
        activation=draw(st.integers(1, 4)),
        down_delay=timedelta(seconds=draw(st.sampled_from([0, 10]))),
    )


def seen_of(numbers: list[int], scale: Scale) -> list[tuple[int, int]]:
    def at(second: float) -> int:
        return numbers[int(second)]

    return [(one.in_flight, one.replicas) for one in decisions(at, scale, len(numbers), rps=at)]


@given(loads, scales())
def test_the_number_is_within_the_bounds(numbers: list[int], scale: Scale) -> None:
    for _, replicas in seen_of(numbers, scale):
        assert scale.minimum <= replicas <= (scale.maximum or 10**6)


@given(loads, scales())
def test_there_is_a_replica_while_something_is_held_or_in_flight(numbers: list[int], scale: Scale) -> None:
    assert all(replicas for in_flight, replicas in seen_of(numbers, scale) if in_flight)


@given(loads, scales(), counts, counts)
def test_more_load_never_means_fewer_replicas(numbers: list[int], scale: Scale, some: int, more: int) -> None:
    state, now = State(), 0.0
    for number in numbers:
        now += 1
        state, decision = decide(state, Load(Span(now - 1, now, number, number), number, 0, 1, 0.0), scale)
    less = Load(Span(now, now + 1, some, some), some, some // 2, decision.replicas, 0.0)
    span = replace(less.span, request_seconds=some + more, requests=some + more)
    greater = replace(less, span=span, in_flight=some + more, held=less.held + more)
    assert decide(state, less, scale)[1].replicas <= decide(state, greater, scale)[1].replicas
