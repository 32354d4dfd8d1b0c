"""Each rule of a Broker and of the ConfigMap that it names."""

import pytest

from mesh.manifests.model import Reference
from support.project_directory import Edit, ProjectDirectory

FILE = "broker/broker.yaml"
CLASS = "metadata.annotations[eventing.knative.dev/broker.class]"
CONFIG = "  config:\n    apiVersion: v1\n    kind: ConfigMap\n    name: kafka-broker-config\n"
INVALID = "invalid configuration"
NEEDS = (
    "(data needs default.topic.partitions, default.topic.replication.factor and bootstrap.servers, "
    "numbers in quotes and above zero)"
)

BROKEN = {
    "the class of another implementation": (
        ("broker.class: Kafka", "broker.class: RabbitMQBroker"),
        f"17: class RabbitMQBroker is not run by this mesh: {CLASS} (write Kafka or MTChannelBasedBroker)",
    ),
    "the namespaced class": (
        ("broker.class: Kafka", "broker.class: KafkaNamespaced"),
        f"17: class KafkaNamespaced is not run by this mesh: {CLASS} (write Kafka or MTChannelBasedBroker)",
    ),
    "a config that is no ConfigMap": (
        ("    kind: ConfigMap\n    name: k", "    kind: Secret\n    name: k"),
        "21: invalid value: Secret: spec.config.kind (Expected ConfigMap)",
    ),
    "a config without a name": (
        ("    kind: ConfigMap\n    name: kafka-broker-config\n", "    kind: ConfigMap\n"),
        "19: missing field(s): spec.config.name",
    ),
    "an unknown field": (
        ("spec:\n  config", "spec:\n  replicas: 3\n  config"),
        '19: unknown field "spec.replicas" (known here: config, delivery)',
    ),
    "a mistake in its delivery": (
        ("PT0.2S", "0.2s"),
        "26: invalid value: 0.2s: spec.delivery.backoffDelay (an ISO 8601 duration, such as PT5S)",
    ),
    "a dead letter sink that does not exist": (
        ("        name: dead-letter", "        name: graveyard"),
        (
            '28: Service "graveyard" does not exist: spec.delivery.deadLetterSink.ref '
            "(in namespace cabs: dead-letter, invoice)"
        ),
    ),
    "no partitions": (
        ('  default.topic.partitions: "4"\n', ""),
        f"6: {INVALID} - numPartitions: 0 - replicationFactor: 1 - bootstrapServers: kafka:9092: data {NEEDS}",
    ),
    "partitions in words": (
        ('"4"', "four"),
        f"6: {INVALID} - numPartitions: 0 - replicationFactor: 1 - bootstrapServers: kafka:9092: data {NEEDS}",
    ),
    "no bootstrap servers": (
        ("  bootstrap.servers: kafka:9092\n", ""),
        f"6: {INVALID} - numPartitions: 4 - replicationFactor: 1 - bootstrapServers: : data {NEEDS}",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broker_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_partitions_without_quotes_are_no_text(project: ProjectDirectory) -> None:
    project.edit(FILE, '"4"', "4")
    problem = f"{FILE}:8: invalid value: 4: data[default.topic.partitions] (a string: put it in quotes)"
    assert problem in project.problems()


def test_a_broker_takes_its_partitions_from_its_config_map(project: ProjectDirectory) -> None:
    loaded = project.load()
    (broker,) = loaded.brokers
    assert (broker.key, broker.broker_class, broker.partitions) == ("cabs/default", "Kafka", 4)
    assert broker.config == Reference("v1", "ConfigMap", "kafka-broker-config", "cabs")
    assert loaded.cluster_only == (), "the ConfigMap is used"


def test_a_config_map_that_is_elsewhere_is_a_warning(project: ProjectDirectory) -> None:
    project.edit(FILE, CONFIG, CONFIG + "    namespace: knative-eventing\n")
    loaded = project.load()
    assert loaded.problems == ()
    assert [str(warning) for warning in loaded.warnings] == [
        (
            f"{FILE}:11: ConfigMap knative-eventing/kafka-broker-config is not among these files: spec.config "
            "(10 partitions are assumed)"
        )
    ]
    assert loaded.brokers[0].partitions == 10


@pytest.mark.parametrize("written", ["    eventing.knative.dev/broker.class: MTChannelBasedBroker\n", ""])
def test_the_channel_based_class_is_the_default_and_reads_no_partitions(
    written: str, project: ProjectDirectory
) -> None:
    project.edit(FILE, "    eventing.knative.dev/broker.class: Kafka\n", written)
    project.edit(FILE, '  default.topic.partitions: "4"\n', "")
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.brokers[0].broker_class == "MTChannelBasedBroker"
    assert loaded.cluster_only == (f"{FILE}:1: ConfigMap cabs/kafka-broker-config",)


def test_a_broker_without_a_config_has_the_shipped_partitions(project: ProjectDirectory) -> None:
    project.edit(FILE, CONFIG, "")
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.warnings == ()
    assert loaded.brokers[0].partitions == 10
