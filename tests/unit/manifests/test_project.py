"""A directory as a whole: which files are read, and what is for the cluster only."""

from pathlib import Path

import pytest

from mesh.manifests.project import load
from support.project_directory import BROKER, FUNCTION, SUBSCRIBER, TRIGGER, ProjectDirectory, delivery

KAFKA = (
    "# the cluster's own\napiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata:\n  name: cabs\n  namespace: kafka\n"
)


def test_a_valid_project_has_no_problem(project: ProjectDirectory) -> None:
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.warnings == ()
    assert loaded.root == str(project.root)
    assert [broker.key for broker in loaded.brokers] == ["cabs/default"]
    assert [trigger.key for trigger in loaded.triggers] == ["cabs/invoice"]
    assert [binding.name for binding in loaded.sink_bindings] == ["dead-letter"]
    assert [function.key for function in loaded.functions] == ["cabs/dead-letter", "cabs/invoice"]
    assert loaded.broker_of(loaded.triggers[0]) is loaded.brokers[0]


def test_a_missing_directory_is_a_problem(tmp_path: Path) -> None:
    (problem,) = load(tmp_path / "nowhere").problems
    assert str(problem) == f"{tmp_path}/nowhere: no such directory (name the one that holds functions/ and broker/)"


def test_an_empty_directory_lacks_a_broker(tmp_path: Path) -> None:
    (problem,) = load(tmp_path).problems
    assert str(problem) == "broker: no Broker is declared (write one into broker/, such as 200-broker.yaml)"


def test_files_are_read_from_every_folder_in_name_order(project: ProjectDirectory) -> None:
    project.remove("triggers/invoice.yaml")
    for name in ("broker/z.yml", "triggers/b.yaml", "triggers/a.yml", "sources/c.yaml"):
        stem = Path(name).stem
        project.write(name, TRIGGER.replace("name: invoice\n  namespace", f"name: {stem}\n  namespace"))
    project.write("triggers/README.md", "# not a manifest\n")
    project.write("triggers/deeper/d.yaml", "not read\n")
    assert [trigger.name for trigger in project.load().triggers] == ["z", "a", "b", "c"]


def test_what_only_the_cluster_runs_is_listed(project: ProjectDirectory) -> None:
    project.write("broker/100.yaml", KAFKA + "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: cabs\n")
    project.write("broker/101.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: cabs}\n")
    project.write(
        "sources/ping.yaml",
        "apiVersion: sources.knative.dev/v1\nkind: PingSource\nmetadata: {name: p}\nspec: {sink: {uri: http://a}}\n",
    )
    project.write("sources/any.yaml", "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: s}\n")
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.cluster_only == (
        "broker/100.yaml:2: Kafka kafka/cabs",
        "broker/100.yaml:8: Namespace cabs",
        "broker/101.yaml:1: ConfigMap cabs/other",
        "sources/any.yaml:1: ScaledObject s",
        "sources/ping.yaml:1: PingSource p (checked; the mesh does not run it yet)",
    )


NO_OBJECT = {
    "a text": ("hello\n", "not a Kubernetes object (start with apiVersion and kind)"),
    "no apiVersion": ("kind: Trigger\n", "missing field(s): apiVersion"),
    "no kind": ("apiVersion: v1\n", "missing field(s): kind"),
    "a number for a kind": ("apiVersion: v1\nkind: 5\n", "invalid value: 5: kind (a string)"),
    "a list for a kind": ("apiVersion: v1\nkind: [a]\n", "invalid value: a list: kind (a string)"),
    "a misspelt kind": (
        "apiVersion: eventing.knative.dev/v1\nkind: Triger\n",
        'no matches for kind "Triger" in version "eventing.knative.dev/v1" (did you mean Trigger?)',
    ),
    "an unknown version": (
        "apiVersion: sources.knative.dev/v2\nkind: PingSource\n",
        (
            'no matches for kind "PingSource" in version "sources.knative.dev/v2" (known: sources.knative.dev/v1, '
            "sources.knative.dev/v1beta1, sources.knative.dev/v1beta2, sources.knative.dev/v1alpha1)"
        ),
    ),
    "a misspelt group": (
        "apiVersion: eventing.knative.de/v1\nkind: Trigger\n",
        'no matches for kind "Trigger" in version "eventing.knative.de/v1" (did you mean eventing.knative.dev/v1?)',
    ),
    "a list of objects": (
        "apiVersion: v1\nkind: List\nitems: []\n",
        "a List is not read (write each object as a document of its own, with --- between them)",
    ),
}


@pytest.mark.parametrize(("text", "expected"), NO_OBJECT.values(), ids=NO_OBJECT.keys())
def test_a_document_is_refused_for(text: str, expected: str, project: ProjectDirectory) -> None:
    project.write("sources/x.yaml", text)
    (problem,) = project.problems()
    assert problem.startswith("sources/x.yaml:")
    assert problem.partition(": ")[2] == expected


def test_two_objects_of_one_name_are_a_problem(project: ProjectDirectory) -> None:
    project.write("triggers/z.yaml", "# again\n" + TRIGGER)
    project.write("broker/z.yaml", KAFKA + "---\n" + KAFKA)
    assert project.problems() == [
        "broker/z.yaml:9: Kafka kafka/cabs already exists: metadata.name (first at broker/z.yaml:2)",
        "triggers/z.yaml:2: Trigger cabs/invoice already exists: metadata.name (first at triggers/invoice.yaml:1)",
    ]


def test_the_same_name_in_another_namespace_is_another_object(project: ProjectDirectory) -> None:
    project.write("broker/z.yaml", BROKER.replace("namespace: cabs", "namespace: other"))
    assert [problem for problem in project.problems() if "already exists" in problem] == []


def test_two_functions_of_one_name_are_a_problem(project: ProjectDirectory) -> None:
    project.write("functions/zebra/func.yaml", (project.root / "functions/invoice/func.yaml").read_text())
    project.write("functions/zebra/func.py", "")
    first = "(first at functions/invoice/func.yaml:1)"
    assert project.problems() == [f"functions/zebra/func.yaml:1: Function cabs/invoice already exists: name {first}"]


def test_an_object_with_a_mistake_is_still_there_for_others(project: ProjectDirectory) -> None:
    project.edit("broker/broker.yaml", "broker.class: Kafka", "broker.class: Other")
    assert len(project.problems()) == 1


def test_loading_again_sees_what_was_saved(project: ProjectDirectory) -> None:
    before = project.load()
    assert project.load() == before
    project.edit("triggers/invoice.yaml", "ride-completed", "ride-cancelled")
    assert project.load().triggers != before.triggers


def test_several_brokers_and_namespaces_are_one_project(project: ProjectDirectory) -> None:
    other = "namespace: other"
    project.write("broker/z.yaml", BROKER.replace("namespace: cabs", other).replace("Kafka", "MTChannelBasedBroker"))
    project.write("functions/audit/func.yaml", FUNCTION.format(name="audit").replace("namespace: cabs", other))
    project.write("functions/audit/func.py", "")
    project.edit("broker/z.yaml", "        name: dead-letter", "        name: audit")
    trigger = TRIGGER.replace("namespace: cabs", other).replace("      name: invoice", "      name: audit")
    project.write("triggers/audit.yaml", trigger)
    loaded = project.load()
    assert loaded.problems == ()
    assert [(broker.key, broker.broker_class) for broker in loaded.brokers] == [
        ("cabs/default", "Kafka"),
        ("other/default", "MTChannelBasedBroker"),
    ]
    assert [loaded.broker_of(trigger).key for trigger in loaded.triggers] == ["other/default", "cabs/default"]


def test_another_broker_is_a_subscriber_and_a_dead_letter_sink(project: ProjectDirectory) -> None:
    project.write("broker/z.yaml", BROKER[BROKER.index("---") :].replace("name: default", "name: archive"))
    archive = "{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: archive}}"
    project.edit("triggers/invoice.yaml", "  subscriber:\n" + SUBSCRIBER, f"  subscriber: {archive}\n")
    project.edit("triggers/invoice.yaml", *delivery(f"{{retry: 1, deadLetterSink: {archive}}}"))
    assert project.problems() == []
    project.remove("broker/z.yaml")
    nowhere = "does not exist: {0}.ref (in namespace cabs: default)"
    assert project.problems() == [
        f'triggers/invoice.yaml:9: Broker "archive" {nowhere.format("spec.delivery.deadLetterSink")}',
        f'triggers/invoice.yaml:13: Broker "archive" {nowhere.format("spec.subscriber")}',
    ]
