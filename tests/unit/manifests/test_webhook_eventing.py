"""An EventType or EventPolicy alone: knative/eventing pkg/apis/eventing/{v1beta1,v1beta2,v1beta3,v1alpha1}."""

from pathlib import Path

import pytest

from mesh.manifests.model import EventType
from support.webhook import assert_refused_for, load_object

OBJECT = (
    "apiVersion: eventing.knative.dev/{version}\nkind: {kind}\nmetadata: {{name: o, namespace: cabs}}\nspec: {spec}\n"
)
OLD = ("v1beta1", "v1beta2")
ALL = "[{name: type, value: t}, {name: source}, {name: specversion}, {name: id, required: true}]"
REFERENCE = "reference: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}"


def missing(*names: str) -> str:
    return "missing field(s): " + ", ".join(f"spec.attributes.{name}" for name in names)


# (versions, spec, what is said, the rule's place)
EVENT_TYPES = [
    (OLD, "{type: t}", [], "eventtype_validation.go: only the type"),
    (OLD, "{type: t, source: /s, schema: 'http://s', schemaData: d, broker: b, description: d}", [], "all fields"),
    (OLD, f"{{type: t, {REFERENCE}}}", [], "a reference"),
    (OLD, "{type: t, reference: {}}", [], "the reference is not judged"),
    (("v1beta2",), "{type: t, source: '', schema: ''}", [], "v1beta2: the source is not judged"),
    (("v1beta3",), f"{{attributes: {ALL}}}", [], "v1beta3: all four"),
    (("v1beta3",), f"{{attributes: {ALL}, {REFERENCE}, description: d}}", [], "v1beta3"),
    (OLD, "{}", ["missing field(s): spec.type"], "eventtype_validation.go"),
    (OLD, "null", ["missing field(s): spec.type"], "eventtype_validation.go"),
    (OLD, "{type: ''}", ["missing field(s): spec.type"], "eventtype_validation.go"),
    (("v1beta1",), "{type: t, source: ''}", ["invalid value: : spec.source"], "v1beta1: not empty when there"),
    (
        ("v1beta1",),
        "{schema: '', source: ''}",
        ["invalid value: : spec.schema", "invalid value: : spec.source", "missing field(s): spec.type"],
        "v1beta1: all at once",
    ),
    (OLD, "{type: t, source: '%zz'}", ["invalid value: %zz: spec.source"], "apis/url.go: a URI that Go can read"),
    (OLD, "{type: t, attributes: []}", ['unknown field "spec.attributes"'], "eventing-eventtype.yaml"),
    (("v1beta3",), "{}", [missing("id", "source", "specversion", "type")], "ValidateAttributes"),
    (("v1beta3",), "{attributes: []}", [missing("id", "source", "specversion", "type")], "ValidateAttributes"),
    (
        ("v1beta3",),
        "{attributes: [{name: type}, {name: id}]}",
        [missing("source", "specversion")],
        "ValidateAttributes",
    ),
    (("v1beta3",), f"{{attributes: {ALL}, type: t}}", ['unknown field "spec.type"'], "eventing-eventtype.yaml"),
    (
        ("v1beta3",),
        f"{{attributes: {ALL.replace('{name: source}', '{name: source}, {value: v}')}}}",
        ["Required value: spec.attributes[2].name"],
        "eventing-eventtype.yaml: a name is required",
    ),
    (
        ("v1beta3",),
        f"{{attributes: {ALL.replace('required: true', 'required: 1')}}}",
        ["invalid value: 1: spec.attributes[3].required"],
        "eventing-eventtype.yaml: a boolean",
    ),
]

REF = "ref: {apiVersion: v1, kind: K, name: n}"
POLICIES = [
    ("{}", [], "nothing is required"),
    ("null", [], "a null is an absent field"),
    (f"{{from: [{{{REF}}}, {{sub: 'a*'}}, {{sub: '*'}}], to: [{{{REF}}}, {{selector: {{}}}}]}}", [], "EventPolicySpec"),
    ("{from: [{ref: {apiVersion: v1, kind: K, name: n, namespace: other}}]}", [], "a sender of another namespace"),
    ("{to: [{selector: {matchLabels: {'a b': c}}}]}", [], "the selector is not judged"),
    ("{filters: [{exact: {type: t}}]}", [], "SubscriptionsAPIFilter"),
    ("{from: [{}]}", ["expected exactly one, got neither: spec.from[0].ref, spec.from[0].sub"], "EventPolicySpec"),
    ("{from: [{sub: ''}]}", ["expected exactly one, got neither: spec.from[0].ref, spec.from[0].sub"], "empty: absent"),
    (
        f"{{from: [{{{REF}, sub: ''}}]}}",
        ["expected exactly one, got both: spec.from[0].ref, spec.from[0].sub"],
        "EventPolicySpec: both are there, one of them empty",
    ),
    (
        "{from: [{ref: {}}]}",
        ["missing field(s): spec.from[0].ref.apiVersion, spec.from[0].ref.kind, spec.from[0].ref.name"],
        "EventPolicyFromReference",
    ),
    ("{from: [{sub: 'a*b'}]}", ["invalid value: a*b: spec.from[0].sub"], "validateSub: only as suffix"),
    ("{to: [{}]}", ["expected exactly one, got neither: spec.to[0].ref, spec.to[0].selector"], "EventPolicySpec"),
    (
        f"{{to: [{{{REF}, selector: {{}}}}]}}",
        ["expected exactly one, got both: spec.to[0].ref, spec.to[0].selector"],
        "EventPolicySpec",
    ),
    ("{to: [{ref: {kind: K, name: n}}]}", ["missing field(s): spec.to[0].ref.apiVersion"], "EventPolicyToReference"),
    (
        "{filters: [{exact: {Type: t}}]}",
        ['invalid key name "Type": spec.filters[0].exact[Type]'],
        "ValidateSubscriptionAPIFiltersList",
    ),
    (
        "{to: [{ref: {kind: K, name: n, apiVersion: v1, namespace: x}}]}",
        ['unknown field "spec.to[0].ref.namespace"'],
        "eventing-eventpolicy.yaml: targets are of its own namespace",
    ),
]


@pytest.mark.parametrize(
    ("version", "spec", "refused", "rule"),
    [(version, *row) for versions, *row in EVENT_TYPES for version in versions],
)
def test_an_event_type_is_judged_as_by_the_webhook(
    version: str, spec: str, refused: list[str], rule: str, tmp_path: Path
) -> None:
    assert_refused_for(load_object(tmp_path, OBJECT.format(version=version, kind="EventType", spec=spec)), refused)


@pytest.mark.parametrize(("spec", "refused", "rule"), POLICIES)
def test_an_event_policy_is_judged_as_by_the_webhook(spec: str, refused: list[str], rule: str, tmp_path: Path) -> None:
    assert_refused_for(load_object(tmp_path, OBJECT.format(version="v1alpha1", kind="EventPolicy", spec=spec)), refused)


@pytest.mark.parametrize(
    ("version", "spec"),
    [
        ("v1beta2", "{type: t, source: /s}"),
        (
            "v1beta3",
            "{attributes: [{name: type, value: t}, {name: source, value: /s}, {name: specversion}, {name: id}]}",
        ),
    ],
)
def test_an_event_type_is_read_whatever_its_version(version: str, spec: str, tmp_path: Path) -> None:
    loaded = load_object(tmp_path, OBJECT.format(version=version, kind="EventType", spec=spec))
    assert loaded.event_types == (EventType("cabs", "o", "t", "/s", loaded.event_types[0].origin),)
    (line,) = loaded.cluster_only
    assert line == "sources/object.yaml:1: EventType cabs/o (checked; the mesh keeps no registry of event types)"


def test_an_event_policy_is_a_warning(tmp_path: Path) -> None:
    loaded = load_object(tmp_path, OBJECT.format(version="v1alpha1", kind="EventPolicy", spec="{}"))
    assert [str(warning) for warning in loaded.warnings] == [
        (
            "sources/object.yaml:1: EventPolicy cabs/o is not enforced here: every sender is let in, "
            "as on a cluster without the feature authentication-oidc"
        )
    ]
