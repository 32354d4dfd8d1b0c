"""The objects that rows need, as a cluster and the mesh read them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from support.conformance.row import KAFKA, RECEIVER, Broker, Row, Trigger

API = "eventing.knative.dev/v1"


def triggers(row: Row, shared: str, receiver_url: str) -> Iterator[dict[str, Any]]:
    """The row's Triggers; those of a row without a Broker of its own belong to the shared one."""
    for number, trigger in enumerate(row.triggers, 1):
        namespace, broker = _broker_of(row, trigger, shared)
        metadata: dict[str, Any] = {"name": f"{row.key}-{number}", "namespace": namespace}
        spec = {"broker": broker, "subscriber": trigger.subscriber or {"uri": trigger.to}, **_filter(row, trigger)}
        if trigger.delivery is not None:
            spec["delivery"] = trigger.delivery
        if trigger.annotations:
            metadata["annotations"] = trigger.annotations
        yield _placed(_object("Trigger", metadata, spec), f"{receiver_url}/{row.key}/")


def _broker_of(row: Row, trigger: Trigger, shared: str) -> tuple[str, str]:
    for broker in row.brokers:
        if trigger.broker in ("", broker.name):
            return broker.namespace, f"{row.key}-{broker.name}"
    namespace, _, name = shared.partition("/")
    return namespace, name


def _filter(row: Row, trigger: Trigger) -> dict[str, Any]:
    own = {"type": row.key + trigger.type}
    written: dict[str, Any] = {}
    if trigger.filter is not None or not trigger.filters:
        written["filter"] = {"attributes": own | dict(trigger.filter or {})}
    if trigger.filters:
        written["filters"] = [{"exact": own}, *trigger.filters]
    return written


def brokers(
    rows: Iterable[Row], shared: Iterable[str], broker_class: str, receiver_url: str
) -> Iterator[dict[str, Any]]:
    """The shared Brokers, which have no delivery of their own, and those of the rows."""
    for key in shared:
        namespace, _, name = key.partition("/")
        yield from _broker(name, Broker(namespace=namespace), broker_class)
    for row in rows:
        for broker in row.brokers:
            for manifest in _broker(f"{row.key}-{broker.name}", broker, broker_class):
                yield _placed(manifest, f"{receiver_url}/{row.key}/")


def _broker(name: str, broker: Broker, broker_class: str) -> Iterator[dict[str, Any]]:
    metadata: dict[str, Any] = {"name": name, "namespace": broker.namespace}
    spec: dict[str, Any] = {} if broker.delivery is None else {"delivery": broker.delivery}
    if broker.partitions is not None and broker_class == KAFKA:
        data = {"bootstrap.servers": "kafka:9092", "default.topic.partitions": str(broker.partitions)}
        data["default.topic.replication.factor"] = "1"
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        spec["config"] = {"apiVersion": "v1", "kind": "ConfigMap", **metadata}
    annotated = {**metadata, "annotations": {"eventing.knative.dev/broker.class": broker_class}}
    yield _object("Broker", annotated, spec)


def _object(kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def _placed(value: Any, base: str) -> Any:
    """The manifest with the addresses of the receiver's places in it."""
    if isinstance(value, str) and value.startswith(RECEIVER):
        return base + value.removeprefix(RECEIVER)
    if isinstance(value, Mapping):
        return {name: _placed(member, base) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_placed(member, base) for member in value]
    return value
