"""The counts of `mesh status` in Prometheus' text format."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mesh.control.shapes import FunctionStatus, Status, TriggerStatus


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    kind: str
    explanation: str
    value: Callable[[TriggerStatus], int]


TRIGGER_METRICS = (
    Metric("mesh_events_pending", "gauge", "Events stored and not yet tried.", lambda of: of.pending),
    Metric("mesh_events_in_flight", "gauge", "Events attempted now or waiting for a retry.", lambda of: of.in_flight),
    Metric("mesh_events_delivered_total", "counter", "Events delivered.", lambda of: of.delivered),
    Metric("mesh_attempts_failed_total", "counter", "Attempts that failed.", lambda of: of.failed),
    Metric("mesh_dead_letters", "gauge", "Dead letters, neither replayed nor discarded.", lambda of: of.dead),
)


def exposition(status: Status) -> str:
    """Write https://prometheus.io/docs/instrumenting/exposition_formats/ version 0.0.4."""
    return "".join(f"{line}\n" for line in (*_triggers(status.triggers), *_functions(status.functions)))


def _triggers(triggers: Iterable[TriggerStatus]) -> Iterator[str]:
    for metric in TRIGGER_METRICS:
        yield from _head(metric.name, metric.kind, metric.explanation)
        for of in triggers:
            labels = _labels(namespace=of.namespace, broker=of.broker, trigger=of.name)
            yield f"{metric.name}{labels} {metric.value(of)}"


def _functions(functions: Iterable[FunctionStatus]) -> Iterator[str]:
    name = "mesh_function_replicas"
    yield from _head(name, "gauge", "Replicas that run now.")
    for of in functions:
        yield f"{name}{_labels(namespace=of.namespace, function=of.name)} {of.replicas}"


def _head(name: str, kind: str, explanation: str) -> tuple[str, str]:
    return f"# HELP {name} {explanation}", f"# TYPE {name} {kind}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
