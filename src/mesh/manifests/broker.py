"""A Broker. Rules: knative/eventing pkg/apis/eventing/v1/broker_validation.go, and eventing-kafka-broker's own."""

from mesh.manifests.delivery import read_delivery
from mesh.manifests.destination import REFERENCE, read_reference
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import KAFKA, MT, Broker, Reference
from mesh.manifests.yaml_nodes import Node

CLASS = "eventing.knative.dev/broker.class"


def read_broker(document: Node, metadata: Metadata, findings: Findings) -> Broker:
    """Read a Broker; without the class annotation it is what a stock install makes of it."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", ("config", "delivery"))
    delivery = spec and spec.get("delivery")
    return Broker(
        namespace=metadata.namespace,
        name=metadata.name,
        broker_class=_broker_class(document, findings, metadata),
        delivery=read_delivery(delivery, findings, metadata.namespace) if delivery else None,
        origin=metadata.origin,
        config=_config(spec, metadata.namespace) if spec else None,
    )


def _broker_class(document: Node, findings: Findings, metadata: Metadata) -> str:
    written = metadata.annotations.get(CLASS)
    broker_class = written.value if written and written.value else MT
    if broker_class != KAFKA:
        remedy = "write class Kafka" if written else f"write class Kafka; without the annotation a Broker is an {MT}"
        message = f"class {broker_class} is not run by this mesh yet: metadata.annotations[{CLASS}] ({remedy})"
        findings.problem(written or document, message)
    return str(broker_class)


def _config(spec: Fields, namespace: str) -> Reference | None:
    fields = spec.object("config", REFERENCE)
    if fields is None:
        return None
    config = read_reference(fields, namespace, required=True)
    if config.kind not in {"", "ConfigMap"}:
        fields.wrong(fields.node.value["kind"], "Expected ConfigMap")
    return config
