"""Each rule of a SinkBinding, and which functions it binds."""

import pytest

from mesh.manifests.model import Destination, Reference
from mesh.manifests.sink_binding import binds
from support.project_directory import Edit, ProjectDirectory

FILE = "sources/sink-binding.yaml"
NAME = "    name: dead-letter\n"
SINK = "  sink:\n    ref:\n      apiVersion: eventing.knative.dev/v1\n      kind: Broker\n      name: default\n"
NOWHERE = "does not exist: spec.subject (in namespace cabs: dead-letter, invoice)"

BROKEN = {
    "no sink": ((SINK, ""), "6: expected at least one, got none: spec.sink.ref, spec.sink.uri"),
    "a sink that does not exist": (
        ("      name: default", "      name: main"),
        '11: Broker "main" does not exist: spec.sink.ref (in namespace cabs: default)',
    ),
    "a subject of neither kind": (
        (NAME, ""),
        "7: expected exactly one, got neither: spec.subject.name, spec.subject.selector",
    ),
    "a subject of both kinds": (
        (NAME, NAME + "    selector: {matchLabels: {app: x}}\n"),
        "7: expected exactly one, got both: spec.subject.name, spec.subject.selector",
    ),
    "a subject that does not exist": ((NAME, "    name: letters\n"), f'1: Service "letters" {NOWHERE}'),
    "labels that nothing has": (
        (NAME, "    selector: {matchLabels: {app: x}}\n"),
        f"1: a Service with app=x {NOWHERE}",
    ),
    "a subject in capitals": (
        (NAME, "    name: Dead\n"),
        (
            "10: invalid value: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
            "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'): spec.subject.name (not Dead)"
        ),
    ),
    "a subject in another namespace": (
        (NAME, NAME + "    namespace: other\n"),
        "11: invalid value: other: spec.subject.namespace (the SinkBinding's own namespace, cabs)",
    ),
    "a subject that is no Service": (
        ("apiVersion: serving.knative.dev/v1\n    kind: Service", "apiVersion: apps/v1\n    kind: Deployment"),
        "1: apps/v1 Deployment is not run by this mesh: spec.subject (a serving.knative.dev/v1 Service is)",
    ),
    "label expressions that hold for nothing": (
        (NAME, "    selector: {matchExpressions: [{key: app, operator: Exists}]}\n"),
        f"1: a Service with app Exists {NOWHERE}",
    ),
    "an extension with a dash": (
        ("  sink:", "  ceOverrides: {extensions: {my-key: x}}\n  sink:"),
        '11: invalid key name "my-key": spec.ceOverrides.extensions (keys are expected to be alphanumeric)',
    ),
    "an unknown field": (
        ("  sink:", "  subjects: []\n  sink:"),
        '11: unknown field "spec.subjects" (did you mean subject?)',
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_sink_binding_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_a_sink_binding_without_a_spec_lacks_everything(project: ProjectDirectory) -> None:
    text = (project.root / FILE).read_text()
    project.write(FILE, text[: text.index("spec:")])
    assert project.problems() == [
        f"{FILE}:1: expected at least one, got none: spec.sink.ref, spec.sink.uri",
        f"{FILE}:1: missing field(s): spec.subject.apiVersion, spec.subject.kind",
        f"{FILE}:1: expected exactly one, got neither: spec.subject.name, spec.subject.selector",
    ]


def test_a_sink_binding_binds_by_name(project: ProjectDirectory) -> None:
    project.edit(FILE, "  sink:", "  ceOverrides: {extensions: {region: eu}}\n  sink:")
    loaded = project.load()
    (binding,) = loaded.sink_bindings
    assert binding.sink == Destination(ref=Reference("eventing.knative.dev/v1", "Broker", "default", "cabs"))
    assert binding.extensions == {"region": "eu"}
    assert [function.name for function in loaded.functions if binds(binding, function)] == ["dead-letter"]


@pytest.mark.parametrize(
    ("labels", "bound"),
    [
        ("{app.kubernetes.io/part-of: cabs}", ["dead-letter", "invoice"]),
        ("{function.knative.dev/name: invoice, app.kubernetes.io/part-of: cabs}", ["invoice"]),
        ("{boson.dev/function: 'true'}", ["dead-letter", "invoice"]),
    ],
)
def test_a_sink_binding_binds_by_labels(labels: str, bound: list[str], project: ProjectDirectory) -> None:
    project.edit(FILE, NAME, f"    selector: {{matchLabels: {labels}}}\n")
    loaded = project.load()
    assert loaded.problems == ()
    assert [item.name for item in loaded.functions if binds(loaded.sink_bindings[0], item)] == bound


@pytest.mark.parametrize(
    ("expression", "bound"),
    [
        ("{key: function.knative.dev/name, operator: In, values: [invoice, notify]}", ["invoice"]),
        ("{key: function.knative.dev/name, operator: NotIn, values: [invoice]}", ["dead-letter"]),
        ("{key: app.kubernetes.io/part-of, operator: Exists}", ["dead-letter", "invoice"]),
        ("{key: tier, operator: DoesNotExist}", ["dead-letter", "invoice"]),
        ("{key: tier, operator: NotIn, values: [a]}", ["dead-letter", "invoice"]),
    ],
)
def test_a_sink_binding_binds_by_expressions(expression: str, bound: list[str], project: ProjectDirectory) -> None:
    project.edit(FILE, NAME, f"    selector: {{matchExpressions: [{expression}]}}\n")
    loaded = project.load()
    assert loaded.problems == ()
    assert [item.name for item in loaded.functions if binds(loaded.sink_bindings[0], item)] == bound


def test_a_sink_binding_does_not_reach_into_another_namespace(project: ProjectDirectory) -> None:
    project.edit("functions/dead-letter/func.yaml", "namespace: cabs", "namespace: other")
    loaded = project.load()
    assert not any(binds(loaded.sink_bindings[0], function) for function in loaded.functions)
