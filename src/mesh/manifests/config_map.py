"""The ConfigMap that a Kafka Broker names. Rules: eventing-kafka-broker control-plane/pkg/kafka/topic.go."""

from collections.abc import Mapping

from mesh.manifests.fields import Fields, Findings, values
from mesh.manifests.yaml_nodes import Node

CONFIG_MAP = ("apiVersion", "kind", "metadata", "data", "binaryData", "immutable")
PARTITIONS = "default.topic.partitions"
REPLICATION = "default.topic.replication.factor"
BOOTSTRAP = "bootstrap.servers"
DEFAULT_PARTITIONS = 10  # what the shipped ConfigMap says


def read_partitions(document: Node, findings: Findings) -> int:
    """Read how many partitions the broker's topic has, and check what else Kafka's controller reads there."""
    fields = Fields(document, findings, CONFIG_MAP)
    data = values(fields.strings("data"))
    partitions, replication = _positive(data, PARTITIONS), _positive(data, REPLICATION)
    bootstrap = data.get(BOOTSTRAP, "")
    if partitions and replication and bootstrap:
        return partitions
    found = f"numPartitions: {partitions} - replicationFactor: {replication} - bootstrapServers: {bootstrap}"
    remedy = f"data needs {PARTITIONS}, {REPLICATION} and {BOOTSTRAP}, numbers in quotes and above zero"
    findings.problem(fields.get("data") or document, f"invalid configuration - {found}: data ({remedy})")
    return DEFAULT_PARTITIONS


def _positive(data: Mapping[str, str], name: str) -> int:
    text = data.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0
