"""What of a saved change the cluster would refuse."""

import pytest

from mesh.manifests.immutable import immutable_problems
from support.project_directory import ProjectDirectory

FILE = "broker/broker.yaml"
CONFIG = "  config:\n    apiVersion: v1\n    kind: ConfigMap\n    name: kafka-broker-config\n"

REFUSED = {
    "a broker's class": (
        ("broker/broker.yaml", "broker.class: Kafka", "broker.class: Other"),
        (
            "broker/broker.yaml:11: Immutable annotations changed (-old +new): annotations "
            "(-Kafka +Other; delete the Broker and make it anew)"
        ),
    ),
    "a broker's config": (
        ("broker/broker.yaml", "    name: kafka-broker-config\n  delivery", "    name: other\n  delivery"),
        (
            "broker/broker.yaml:11: Immutable fields changed (-old +new): spec "
            "(-ConfigMap cabs/kafka-broker-config +ConfigMap cabs/other; delete the Broker and make it anew)"
        ),
    ),
    "a trigger's broker": (
        ("triggers/invoice.yaml", "broker: default", "broker: main"),
        (
            "triggers/invoice.yaml:7: Immutable fields changed (-old +new): spec, broker "
            "(-default +main; delete the Trigger and make it anew)"
        ),
    ),
}


@pytest.mark.parametrize(("edit", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_the_cluster_would_refuse_to_change(
    edit: tuple[str, str, str], expected: str, project: ProjectDirectory
) -> None:
    before = project.load()
    project.edit(*edit)
    assert [str(problem) for problem in immutable_problems(before, project.load())] == [expected]


def test_everything_else_may_change(project: ProjectDirectory) -> None:
    before = project.load()
    project.edit("broker/broker.yaml", "retry: 10", "retry: 3")
    project.edit("triggers/invoice.yaml", "ride-completed", "ride-cancelled")
    project.edit("triggers/invoice.yaml", "      name: invoice", "      name: dead-letter")
    assert immutable_problems(before, project.load()) == []


def test_a_new_object_is_no_change(project: ProjectDirectory) -> None:
    before = project.load()
    text = (project.root / "triggers/invoice.yaml").read_text().replace("name: invoice\n  n", "name: second\n  n")
    project.write("triggers/second.yaml", text.replace("broker: default", "broker: main"))
    assert immutable_problems(before, project.load()) == []


def test_what_a_stock_install_fills_in_is_no_change(project: ProjectDirectory) -> None:
    text = (project.root / FILE).read_text()
    project.write(
        FILE, text.replace(CONFIG, "").replace("  annotations:\n    eventing.knative.dev/broker.class: Kafka\n", "")
    )
    before = project.load()
    filled_in = CONFIG.replace("kafka-broker-config\n", "config-br-default-channel\n    namespace: knative-eventing\n")
    project.write(FILE, text.replace(CONFIG, filled_in).replace("class: Kafka", "class: MTChannelBasedBroker"))
    assert immutable_problems(before, project.load()) == []


def test_a_brokers_delivery_may_come_and_go(project: ProjectDirectory) -> None:
    before = project.load()
    text = (project.root / FILE).read_text()
    project.write(FILE, text[: text.index("  delivery:")])
    assert immutable_problems(before, project.load()) == []
    assert immutable_problems(project.load(), before) == []


def test_a_trigger_may_change_its_broker_reference(project: ProjectDirectory) -> None:
    project.edit("triggers/invoice.yaml", "broker: default", "brokerRef: {kind: Broker, name: default}")
    before = project.load()
    project.edit("triggers/invoice.yaml", "name: default}", "name: main}")
    assert immutable_problems(before, project.load()) == [], "the webhook compares spec.broker alone"
