"""A Trigger. Rules: knative/eventing pkg/apis/eventing/v1/trigger_validation.go, and eventing-kafka-broker's own."""

from collections.abc import Mapping

from mesh.manifests.delivery import read_delivery
from mesh.manifests.destination import REFERENCE, required_destination
from mesh.manifests.fields import Fields, Findings, quoted
from mesh.manifests.filters import read_filters
from mesh.manifests.go_data import parse_object
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import Trigger
from mesh.manifests.problem import Origin, Problem
from mesh.manifests.yaml_nodes import Node

SPEC = ("broker", "brokerRef", "filter", "filters", "subscriber", "delivery")
ORDER = "kafka.eventing.knative.dev/delivery.order"
DEPENDENCY = "knative.dev/dependency"
OBJECT_REFERENCE = ("kind", "namespace", "name", "uid", "apiversion", "resourceversion", "fieldpath")
INJECTION = "eventing.knative.dev/injection"


def read_trigger(document: Node, metadata: Metadata, findings: Findings) -> Trigger:
    """Read a Trigger."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", SPEC) or Fields(_empty_spec(document), findings, SPEC)
    broker = _broker(spec)
    _check_broker_reference(spec)
    _check_dependency(metadata, findings)
    _check_injection(metadata, findings, broker)
    delivery = spec.get("delivery")
    return Trigger(
        namespace=metadata.namespace,
        name=metadata.name,
        broker=broker,
        subscriber=required_destination(spec, "subscriber", metadata.namespace),
        filters=read_filters(spec),
        delivery=read_delivery(delivery, findings, metadata.namespace) if delivery else None,
        origin=metadata.origin,
        ordered=_ordered(metadata),
        broker_origin=_origin_of_broker(spec, broker),
    )


def _empty_spec(document: Node) -> Node:
    return Node({}, "spec", document.origin)


def _broker(spec: Fields) -> str:
    broker, reference = spec.text("broker") or "", spec.get("brokerRef")
    if broker and reference is not None:
        spec.problem(reference, f"expected exactly one, got both: {spec.paths('broker', 'brokerRef')}")
    elif not broker and reference is None and _is_absent(spec, "broker"):
        spec.missing("broker")
    return broker


def _is_absent(spec: Fields, name: str) -> bool:
    node = spec.get(name)
    return isinstance(spec.node.value, dict) and (node is None or node.value == "")


def _origin_of_broker(spec: Fields, broker: str) -> Origin | None:
    node = spec.get("broker" if broker else "brokerRef")
    return node.origin if node else None


def _check_broker_reference(spec: Fields) -> None:
    """Knative looks at the namespace alone, and calls it the spec's own."""
    reference = spec.object("brokerRef", REFERENCE)
    if reference is None:
        return
    for name in ("apiVersion", "kind", "name", "group"):
        reference.text(name)
    if reference.text("namespace"):
        rule = "only name, apiVersion and kind are supported fields when feature.CrossNamespaceEventLinks is disabled"
        spec.problem(
            reference.node.value["namespace"], f"must not set the field(s): {spec.paths('namespace')} ({rule})"
        )


def order_problem(metadata: Metadata) -> Problem | None:
    """Say what class Kafka's controller says of a bad order; no webhook does, and the other class does not look."""
    node = metadata.annotations.get(ORDER)
    if node is None or node.value.lower() in {"ordered", "unordered"}:
        return None
    allowed = 'Allowed values [ "ordered" | "unordered" ]'
    return node.problem(f"invalid annotation {ORDER} value: {node.value}. {allowed}: {node.path}")


def _ordered(metadata: Metadata) -> bool:
    node = metadata.annotations.get(ORDER)
    return node is not None and bool(node.value.lower() == "ordered")


def _check_dependency(metadata: Metadata, findings: Findings) -> None:
    node = metadata.annotations.get(DEPENDENCY)
    if node is None:
        return
    try:
        reference = _object_reference(node.value)
    except ValueError:
        message = f"The provided annotation was not a corev1.ObjectReference: {quoted(node.value)}: {node.path}"
        findings.problem(node, f'{message} (JSON: {{"kind": …, "name": …, "apiVersion": …}})')
        return
    if reference.get("namespace") not in (None, "", metadata.namespace):
        rule = f"Namespace must be empty or equal to the trigger namespace {quoted(metadata.namespace)}"
        findings.problem(node, f"{rule}: {node.path}.namespace")
    missing = [f"{node.path}.{name}" for name in ("apiVersion", "kind", "name") if not reference.get(name.lower())]
    if missing:
        findings.problem(node, f"missing field(s): {', '.join(missing)}")


def _object_reference(text: str) -> Mapping[str, str]:
    """Go takes a key in any case, a null for an absent value, and what it does not know in silence."""
    read = {name.lower(): value for name, value in parse_object(text).items() if value is not None}
    reference = {name: value for name, value in read.items() if name in OBJECT_REFERENCE}
    if not all(isinstance(value, str) for value in reference.values()):
        raise ValueError("a field is not text")
    return reference


def _check_injection(metadata: Metadata, findings: Findings, broker: str) -> None:
    node = metadata.annotations.get(INJECTION)
    if node is None:
        return
    prefix = "The provided injection annotation"
    if node.value not in {"enabled", "disabled"}:
        findings.problem(
            node, f'{prefix} value can only be "enabled" or "disabled", not {quoted(node.value)}: {node.path}'
        )
    elif broker != "default":
        rule = f"is only used for default broker, but non-default broker specified here: {quoted(broker)}"
        findings.problem(node, f"{prefix} {rule}: {node.path}")
