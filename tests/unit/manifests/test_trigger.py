"""Each rule of a Trigger, by the one edit that breaks it and the one sentence that says so."""

import pytest

from mesh.manifests.model import Destination, Legacy, Reference, Trigger
from support.project_directory import LEGACY, SUBSCRIBER, Edit, ProjectDirectory, annotation

FILE = "triggers/invoice.yaml"
SPEC = "spec:\n  broker: default\n" + LEGACY + "  subscriber:\n" + SUBSCRIBER
ORDER = "kafka.eventing.knative.dev/delivery.order"
DEPENDENCY = "knative.dev/dependency"
INJECTION = "eventing.knative.dev/injection"

BROKEN = {
    "an unknown field": (
        ("  broker: default", "  broker: default\n  subscriper: {}"),
        '8: unknown field "spec.subscriper" (did you mean subscriber?)',
    ),
    "an unknown field that resembles none": (
        ("  namespace: cabs", "  namespace: cabs\nextra: 1"),
        '6: unknown field "extra" (known here: apiVersion, kind, metadata, spec, status)',
    ),
    "no broker": (("  broker: default\n", ""), "6: missing field(s): spec.broker"),
    "an empty broker": (("broker: default", 'broker: ""'), "6: missing field(s): spec.broker"),
    "a number for a broker": (
        ("broker: default", "broker: 7"),
        "7: invalid value: 7: spec.broker (a string: put it in quotes)",
    ),
    "both broker and brokerRef": (
        ("  broker: default", "  broker: default\n  brokerRef: {kind: Broker, name: default}"),
        "8: expected exactly one, got both: spec.broker, spec.brokerRef",
    ),
    "a brokerRef alone": (
        ("broker: default", "brokerRef: {kind: Broker, name: default}"),
        (
            '7: Broker "" does not exist: spec.broker (spec.brokerRef needs the feature cross-namespace-event-links, '
            "which is off by default: write spec.broker)"
        ),
    ),
    "a broker that does not exist": (
        ("broker: default", "broker: main"),
        '7: Broker "main" does not exist: spec.broker (in namespace cabs: default)',
    ),
    "an unknown order": (
        annotation(ORDER, "random"),
        (
            f"7: invalid annotation {ORDER} value: random. "
            f'Allowed values [ "ordered" | "unordered" ]: metadata.annotations[{ORDER}]'
        ),
    ),
    "an annotation that is no text": (
        annotation("example.com/number", "5"),
        "7: invalid value: 5: metadata.annotations[example.com/number] (a string: put it in quotes)",
    ),
    "a dependency that is no reference": (
        annotation(DEPENDENCY, "ping"),
        (
            '7: The provided annotation was not a corev1.ObjectReference: "ping": '
            f'metadata.annotations[{DEPENDENCY}] (JSON: {{"kind": …, "name": …, "apiVersion": …}})'
        ),
    ),
    "a dependency in another namespace": (
        annotation(DEPENDENCY, """'{"kind":"PingSource","name":"p","apiVersion":"v1","namespace":"other"}'"""),
        (
            '7: Namespace must be empty or equal to the trigger namespace "cabs": '
            f"metadata.annotations[{DEPENDENCY}].namespace"
        ),
    ),
    "a dependency without a name": (
        annotation(DEPENDENCY, """'{"kind":"PingSource","apiVersion":"sources.knative.dev/v1"}'"""),
        f"7: missing field(s): metadata.annotations[{DEPENDENCY}].name",
    ),
    "an unknown injection": (
        annotation(INJECTION, "maybe"),
        (
            '7: The provided injection annotation value can only be "enabled" or "disabled", not "maybe": '
            f"metadata.annotations[{INJECTION}]"
        ),
    ),
    "a name in capitals": (
        ("name: invoice", "name: Invoice"),
        (
            "4: invalid value: Invoice: metadata.name (lower case alphanumeric characters, '-' or '.', "
            "starting and ending with an alphanumeric character)"
        ),
    ),
    "no name": (("  name: invoice\n", ""), "3: missing field(s): metadata.name"),
    "a spec that is a list": ((SPEC, "spec: []\n"), "6: invalid value: a list: spec (an object)"),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_trigger_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_a_trigger_without_a_spec_lacks_both_halves(project: ProjectDirectory) -> None:
    project.edit(FILE, SPEC, "")
    assert project.problems() == [
        f"{FILE}:1: missing field(s): spec.broker",
        f"{FILE}:1: expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri",
    ]


def test_an_injection_that_is_not_for_the_default_broker_is_refused(project: ProjectDirectory) -> None:
    project.edit(FILE, *annotation(INJECTION, "enabled"))
    assert project.problems() == []
    project.edit(FILE, "broker: default", "broker: main")
    assert (
        f"{FILE}:7: The provided injection annotation is only used for default broker, but non-default broker "
        f'specified here: "main": metadata.annotations[{INJECTION}]'
    ) in project.problems()


def test_a_trigger_is_read_with_its_places(project: ProjectDirectory) -> None:
    (trigger,) = project.load().triggers
    service = Reference("serving.knative.dev/v1", "Service", "invoice", "cabs")
    legacy = (Legacy({"type": "cabs.rides.ride-completed"}),)
    assert trigger == Trigger("cabs", "invoice", "default", Destination(ref=service), legacy, None, trigger.origin)
    assert str(trigger.origin) == f"{FILE}:1"
    assert str(trigger.subscriber.origin) == f"{FILE}:11"
    assert str(trigger.broker_origin) == f"{FILE}:7"


@pytest.mark.parametrize(("value", "ordered"), [("ordered", True), ("Ordered", True), ("unordered", False)])
def test_the_order_annotation_is_read(value: str, ordered: bool, project: ProjectDirectory) -> None:
    project.edit(FILE, *annotation(ORDER, value))
    assert project.load().problems == ()
    assert project.load().triggers[0].ordered is ordered


def test_a_trigger_without_a_namespace_is_in_default_and_so_is_its_subscriber(project: ProjectDirectory) -> None:
    project.edit(FILE, "  namespace: cabs\n", "")
    (trigger,) = project.load().triggers
    assert trigger.namespace == "default"
    assert trigger.subscriber.ref is not None
    assert trigger.subscriber.ref.namespace == "default"


def test_a_moved_trigger_says_the_same(project: ProjectDirectory) -> None:
    before = project.load().triggers
    project.edit(FILE, "spec:", "# a remark\nspec:")
    assert project.load().triggers == before
