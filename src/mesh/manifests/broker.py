"""A Broker. Rules: knative/eventing pkg/apis/eventing/v1/broker_validation.go, and eventing-kafka-broker's own."""

from mesh.manifests.delivery import read_delivery
from mesh.manifests.destination import REFERENCE, read_reference
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import KAFKA, MT, Broker, Reference
from mesh.manifests.yaml_nodes import Node

CLASS = "eventing.knative.dev/broker.class"
NAMESPACED = "KafkaNamespaced"


def read_broker(document: Node, metadata: Metadata, findings: Findings) -> Broker:
    """Read a Broker; without the class annotation it is what a stock install makes of it."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", ("config", "delivery"))
    delivery = spec and spec.get("delivery")
    broker_class = _broker_class(metadata, findings)
    return Broker(
        namespace=metadata.namespace,
        name=metadata.name,
        broker_class=broker_class,
        delivery=read_delivery(delivery, findings, metadata.namespace) if delivery else None,
        origin=metadata.origin,
        config=_config(spec, metadata.namespace, broker_class) if spec else None,
    )


def _broker_class(metadata: Metadata, findings: Findings) -> str:
    """The class: an absent annotation is defaulted, an empty one is not."""
    written = metadata.annotations.get(CLASS)
    if written is None:
        return MT
    if not written.value:
        findings.problem(written, f"missing field(s): {CLASS} (write {KAFKA} or {MT}, or leave it out for {MT})")
    elif written.value not in {KAFKA, MT}:
        remedy = f"write {KAFKA} or {MT}"
        findings.problem(written, f"class {written.value} is not run by this mesh: {written.path} ({remedy})")
    return str(written.value)


def _config(spec: Fields, namespace: str, broker_class: str) -> Reference | None:
    """What `spec.config` refers to; None is what a stock install puts there."""
    fields = spec.object("config", REFERENCE)
    if fields is None:
        return None
    config = read_reference(fields, namespace, required=True)
    if broker_class in {KAFKA, NAMESPACED}:
        _check_kafka_config(fields, config)
    if broker_class == NAMESPACED and config.namespace != namespace:
        fields.wrong(fields.node.value["namespace"], "Expected ConfigMap in same namespace with broker resource")
    return config


def _check_kafka_config(fields: Fields, config: Reference) -> None:
    """What eventing-kafka-broker's own webhook asks for; a kind that is missing is the other one's to tell."""
    if config.kind and config.kind.lower() != "configmap":
        fields.wrong(fields.node.value["kind"], "Expected ConfigMap")
