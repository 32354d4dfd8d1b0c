"""A SinkBinding alone, row by row: knative/eventing sinkbinding_validation.go, knative.dev/pkg/tracker."""

from pathlib import Path

import pytest

from support.webhook import assert_refused_for, load_object

SINK_BINDING = """\
apiVersion: sources.knative.dev/v1
kind: SinkBinding
metadata: {{name: o, namespace: cabs}}
spec: {{{spec}}}
"""
SINK = "sink: {uri: 'http://h'}"
NO_SINK = "expected at least one, got none: spec.sink.ref, spec.sink.uri"
LABEL = (
    "invalid value: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
IDENTIFIER = (
    "invalid value: a valid C identifier must start with alphabetic character or '_', followed by a string of "
    "alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is "
    "'[A-Za-z_][A-Za-z0-9_]*')"
)


def subject(more: str) -> str:
    return f"{SINK}, subject: {{apiVersion: apps/v1, kind: Deployment, {more}}}"


def asked(*expressions: str) -> str:
    return subject(f"selector: {{matchExpressions: [{', '.join(expressions)}]}}")


# (spec, what is said, the rule's place)
SINK_BINDINGS = [
    (subject("name: s"), [], "tracker: a name"),
    (subject("name: s, namespace: cabs"), [], "tracker: its own namespace"),
    (subject("selector: {}"), [], "helpers.go: an empty selector selects everything"),
    (subject("selector: {matchLabels: {a.b/c: d, e: ''}}"), [], "labels"),
    (asked("{key: a, operator: In, values: [b]}", "{key: a, operator: DoesNotExist}"), [], "labels"),
    (f"{subject('name: s')}, ceOverrides: {{extensions: {{aB1: x}}}}", [], "source_types.go"),
    (f"{subject('name: s')}, ceOverrides: {{}}", [], "source_types.go"),
    (f"{subject('name: s')}, ceOverrides: null", [], "a null is an absent field"),
    (
        "",
        [
            NO_SINK,
            "missing field(s): spec.subject.apiVersion, spec.subject.kind",
            "expected exactly one, got neither: spec.subject.name, spec.subject.selector",
        ],
        "all of it at once",
    ),
    (subject("name: ''"), ["expected exactly one, got neither: spec.subject.name, spec.subject.selector"], "tracker"),
    (
        subject("name: s, selector: {matchLabels: {'a b': c}}"),
        ["expected exactly one, got both: spec.subject.name, spec.subject.selector"],
        "tracker: the selector is not looked into",
    ),
    (subject("name: S"), [f"{LABEL}: spec.subject.name"], "tracker: a label"),
    (subject("name: a.b"), ["invalid value: must not contain dots: spec.subject.name"], "tracker: a label"),
    (subject(f"name: {'a' * 64}"), ["invalid value: must be no more than 63 bytes: spec.subject.name"], "a label"),
    (subject("name: s, namespace: x"), ["invalid value: x: spec.subject.namespace"], "sinkbinding_validation.go"),
    (
        subject("name: s, namespace: X"),
        [f"{LABEL}: spec.subject.namespace", "invalid value: X: spec.subject.namespace"],
        "tracker, sinkbinding_validation.go",
    ),
    (
        f"{SINK}, subject: {{apiVersion: a/b/c, kind: a-b, name: s}}",
        [
            (
                f"invalid value: a valid label key {KEY.removeprefix('name part ')} with an optional DNS subdomain "
                "prefix and '/' (e.g. 'example.com/MyName'): spec.subject.apiVersion"
            ),
            f"{IDENTIFIER}: spec.subject.kind",
        ],
        "tracker: a qualified name, a C identifier",
    ),
    (
        f"{SINK}, subject: {{apiVersion: /, kind: K, name: s}}",
        [f"invalid value: prefix part must be non-empty, name part must be non-empty, {KEY}: spec.subject.apiVersion"],
        "tracker: a qualified name",
    ),
    (
        asked("{key: a, operator: Like}"),
        ['invalid value: "Like" is not a valid label selector operator: spec.subject.selector'],
        "helpers.go",
    ),
    (
        asked("{key: a, operator: In}"),
        [
            (
                "invalid value: values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty: "
                "spec.subject.selector"
            )
        ],
        "selector.go",
    ),
    (
        asked("{key: 'a b', operator: Exists, values: [c]}"),
        [
            (
                f'invalid value: [key: Invalid value: "a b": {KEY}, values: Invalid value: ["c"]: '
                "values set must be empty for exists and does not exist]: spec.subject.selector"
            )
        ],
        "selector.go, util/errors: several in brackets",
    ),
    (
        f"{subject('name: s')}, ceOverrides: {{extensions: {{my-key: x}}}}",
        ['invalid key name "my-key": spec.ceOverrides.extensions'],
        "source_types.go",
    ),
    (
        f"{subject('name: s')}, ceOverrides: {{extensions: {{'': x}}}}",
        ['invalid key name "": spec.ceOverrides.extensions'],
        "source_types.go",
    ),
]


@pytest.mark.parametrize(("spec", "refused", "rule"), SINK_BINDINGS)
def test_a_sink_binding_is_judged_as_by_the_webhook(spec: str, refused: list[str], rule: str, tmp_path: Path) -> None:
    assert_refused_for(load_object(tmp_path, SINK_BINDING.format(spec=spec)), refused)
