"""A Trigger. Rules: knative/eventing pkg/apis/eventing/v1/trigger_validation.go, and eventing-kafka-broker's own."""

import json

from mesh.manifests.delivery import read_delivery
from mesh.manifests.destination import REFERENCE, read_destination
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.filters import read_filters
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import Destination, Trigger
from mesh.manifests.problem import Origin
from mesh.manifests.yaml_nodes import Node

SPEC = ("broker", "brokerRef", "filter", "filters", "subscriber", "delivery")
ORDER = "kafka.eventing.knative.dev/delivery.order"
DEPENDENCY = "knative.dev/dependency"
INJECTION = "eventing.knative.dev/injection"


def read_trigger(document: Node, metadata: Metadata, findings: Findings) -> Trigger:
    """Read a Trigger."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", SPEC) or Fields(_empty_spec(document), findings, SPEC)
    broker = _broker(spec)
    _check_dependency(metadata, findings)
    _check_injection(metadata, findings, broker)
    delivery = spec.get("delivery")
    return Trigger(
        namespace=metadata.namespace,
        name=metadata.name,
        broker=broker,
        subscriber=_subscriber(spec, metadata.namespace),
        filters=read_filters(spec),
        delivery=read_delivery(delivery, findings, metadata.namespace) if delivery else None,
        origin=metadata.origin,
        ordered=_ordered(metadata, findings),
        broker_origin=_origin_of_broker(spec),
    )


def _empty_spec(document: Node) -> Node:
    return Node({}, "spec", document.origin)


def _broker(spec: Fields) -> str:
    broker = spec.text("broker") or ""
    reference = spec.object("brokerRef", REFERENCE)
    if reference is not None:
        _check_broker_reference(spec, reference, broker)
    elif not broker and _is_absent(spec, "broker"):
        spec.missing("broker")
    return broker


def _origin_of_broker(spec: Fields) -> Origin | None:
    node = spec.get("broker")
    return node.origin if node else None


def _is_absent(spec: Fields, name: str) -> bool:
    node = spec.get(name)
    return isinstance(spec.node.value, dict) and (node is None or node.value == "")


def _check_broker_reference(spec: Fields, reference: Fields, broker: str) -> None:
    if broker:
        spec.problem(reference.node, f"expected exactly one, got both: {spec.paths('broker', 'brokerRef')}")
    elif reference.text("namespace"):
        rule = "only name, apiVersion and kind are supported fields when feature.CrossNamespaceEventLinks is disabled"
        spec.problem(reference.node, f"must not set the field(s): {reference.paths('namespace')} ({rule})")
    else:
        remedy = f"write spec.broker: {reference.text('name') or 'NAME'}"
        spec.problem(
            reference.node, f"works only with the feature cross-namespace-event-links: spec.brokerRef ({remedy})"
        )


def _subscriber(spec: Fields, namespace: str) -> Destination:
    node = spec.get("subscriber")
    if node is not None:
        return read_destination(node, spec.findings, namespace)
    if isinstance(spec.node.value, dict):
        paths = spec.paths("subscriber.ref", "subscriber.uri")
        spec.problem(spec.node, f"expected at least one, got none: {paths}")
    return Destination()


def _ordered(metadata: Metadata, findings: Findings) -> bool:
    node = metadata.annotations.get(ORDER)
    if node is None:
        return False
    if node.value.lower() not in {"ordered", "unordered"}:
        allowed = 'Allowed values [ "ordered" | "unordered" ]'
        findings.problem(node, f"invalid annotation {ORDER} value: {node.value}. {allowed}: {node.path}")
    return bool(node.value.lower() == "ordered")


def _check_dependency(metadata: Metadata, findings: Findings) -> None:
    node = metadata.annotations.get(DEPENDENCY)
    if node is None:
        return
    try:
        reference = json.loads(node.value)
    except ValueError:
        reference = None
    if not isinstance(reference, dict):
        message = f'The provided annotation was not a corev1.ObjectReference: "{node.value}": {node.path}'
        findings.problem(node, f'{message} (JSON: {{"kind": …, "name": …, "apiVersion": …}})')
        return
    if reference.get("namespace") not in (None, "", metadata.namespace):
        rule = f'Namespace must be empty or equal to the trigger namespace "{metadata.namespace}"'
        findings.problem(node, f"{rule}: {node.path}.namespace")
    for name in ("kind", "name", "apiVersion"):
        if not reference.get(name):
            findings.problem(node, f"missing field(s): {node.path}.{name}")


def _check_injection(metadata: Metadata, findings: Findings, broker: str) -> None:
    node = metadata.annotations.get(INJECTION)
    if node is None:
        return
    prefix = "The provided injection annotation"
    if node.value not in {"enabled", "disabled"}:
        findings.problem(node, f'{prefix} value can only be "enabled" or "disabled", not "{node.value}": {node.path}')
    elif broker != "default":
        rule = f'is only used for default broker, but non-default broker specified here: "{broker}"'
        findings.problem(node, f"{prefix} {rule}: {node.path}")
