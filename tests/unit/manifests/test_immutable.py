"""What of a saved change the cluster would refuse."""

import pytest

from mesh.manifests.immutable import immutable_problems
from support.project_directory import ProjectDirectory

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
