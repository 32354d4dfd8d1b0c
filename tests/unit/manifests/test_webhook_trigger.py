"""A Trigger alone, row by row: knative/eventing pkg/apis/eventing/v1/trigger_validation.go."""

from pathlib import Path

import pytest

from support.webhook import assert_refused_for, load_object

TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: t
  namespace: cabs
  annotations: {annotations}
spec: {spec}
"""
OK = "broker: default, subscriber: {uri: 'http://h'}"
SUBSCRIBER = "subscriber: {uri: 'http://h'}"
DEPENDENCY = "knative.dev/dependency"
INJECTION = "eventing.knative.dev/injection"
ORDER = "kafka.eventing.knative.dev/delivery.order"
NO_SUBSCRIBER = "expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri"
DIALECTS = "multiple dialects found, filters can have only one dialect set"
NAMESPACE = "must not set the field(s): spec.namespace"

# (spec, what is said, the rule's place)
SPECS = [
    (OK, [], "all that is required"),
    (f"brokerRef: {{kind: Broker, name: b}}, {SUBSCRIBER}", [], "TriggerSpec.Validate: one of the two"),
    (f"brokerRef: {{}}, {SUBSCRIBER}", [], "TriggerSpec.Validate: the reference is not looked into"),
    (f"broker: '', brokerRef: {{name: b}}, {SUBSCRIBER}", [], "an empty broker is an absent one"),
    (f"broker: null, brokerRef: {{name: b}}, {SUBSCRIBER}", [], "a null is an absent field"),
    (f"{OK}, filter: null, filters: null, delivery: null", [], "a null is an absent field"),
    (f"{OK}, filter: {{attributes: {{type: ''}}}}", [], "ValidateAttributesNames: values are not checked"),
    (f"{OK}, filters: []", [], "no filter"),
    (f"{OK}, filters: [{{}}]", [], "an empty entry"),
    (f"{OK}, filters: [{{not: {{}}}}]", [], "an empty entry"),
    (f"{OK}, filters: [{{exact: {{}}, prefix: {{type: a}}}}]", [], "hasMultipleDialects: an empty map is no dialect"),
    (SUBSCRIBER, ["missing field(s): spec.broker"], "TriggerSpec.Validate"),
    (f"broker: '', {SUBSCRIBER}", ["missing field(s): spec.broker"], "TriggerSpec.Validate"),
    (
        f"brokerRef: {{kind: Broker, name: b}}, {OK}",
        ["expected exactly one, got both: spec.broker, spec.brokerRef"],
        "TriggerSpec.Validate",
    ),
    (f"brokerRef: {{name: b, namespace: n}}, {SUBSCRIBER}", [NAMESPACE], "cross-namespace-event-links is off"),
    (
        f"brokerRef: {{name: b, namespace: n}}, {OK}",
        [NAMESPACE, "expected exactly one, got both: spec.broker, spec.brokerRef"],
        "both at once",
    ),
    ("broker: b", [NO_SUBSCRIBER], "destination.go"),
    ("", ["missing field(s): spec.broker", NO_SUBSCRIBER], "an empty spec"),
    (
        f"{OK}, filter: {{attributes: {{Type: a, my-key: b}}}}",
        [
            'invalid key name "Type": spec.filter.attributes[Type]',
            'invalid key name "my-key": spec.filter.attributes[my-key]',
        ],
        "ValidateAttributesNames",
    ),
    (
        f"{OK}, filters: [{{exact: {{type: a}}}}], filter: {{attributes: {{1a: b}}}}",
        ['invalid key name "1a": spec.filter.attributes[1a]'],
        "the filter is judged even where filters override it",
    ),
    (
        f"{OK}, filters: [{{all: [{{any: [{{not: {{suffix: {{A: b}}}}}}]}}]}}]",
        ['invalid key name "A": spec.filters[0].all[0].any[0].not.suffix[A]'],
        "ValidateSubscriptionAPIFilter, at any depth",
    ),
    (
        f"{OK}, filters: [{{exact: {{type: a}}, cesql: 'true'}}]",
        [f"{DIALECTS}: spec.filters[0].exact, spec.filters[0].cesql"],
        "ValidateOneOf",
    ),
    (f"{OK}, delivery: {{retry: -1}}", ["invalid value: -1: spec.delivery.retry"], "delivery_types.go"),
]

REFERENCE = '{"kind":"PingSource","name":"p","apiVersion":"v1"}'
PLACE = f"metadata.annotations[{DEPENDENCY}]"
ANNOTATIONS = [
    (DEPENDENCY, REFERENCE, "default", [], "validateDependencyAnnotation"),
    (DEPENDENCY, REFERENCE.replace("}", ',"namespace":"cabs"}'), "default", [], "its own namespace"),
    (DEPENDENCY, REFERENCE.replace("}", ',"namespace":""}'), "default", [], "an empty namespace"),
    (DEPENDENCY, REFERENCE.replace("}", ',"more":[1]}'), "default", [], "encoding/json: an unknown key"),
    (DEPENDENCY, REFERENCE.replace("kind", "Kind"), "default", [], "encoding/json: a key in any case"),
    (
        DEPENDENCY,
        "null",
        "default",
        [f"missing field(s): {PLACE}.apiVersion, {PLACE}.kind, {PLACE}.name"],
        "encoding/json: null changes nothing",
    ),
    (
        DEPENDENCY,
        '{"name":"","namespace":"other"}',
        "default",
        [
            f'Namespace must be empty or equal to the trigger namespace "cabs": {PLACE}.namespace',
            f"missing field(s): {PLACE}.apiVersion, {PLACE}.kind, {PLACE}.name",
        ],
        "validateDependencyAnnotation",
    ),
    *(
        (
            DEPENDENCY,
            text,
            "default",
            [f"The provided annotation was not a corev1.ObjectReference: {shown}: {PLACE}"],
            "validateDependencyAnnotation, text as Go's %q shows it",
        )
        for text, shown in {
            "ping": '"ping"',
            "": '""',
            "[]": '"[]"',
            '{"kind":5}': r'"{\"kind\":5}"',
            '{"kind":NaN}': r'"{\"kind\":NaN}"',
        }.items()
    ),
    (INJECTION, "enabled", "default", [], "validateInjectionAnnotation"),
    (INJECTION, "disabled", "default", [], "validateInjectionAnnotation"),
    (
        INJECTION,
        "Enabled",
        "main",
        [
            (
                'The provided injection annotation value can only be "enabled" or "disabled", not "Enabled": '
                f"metadata.annotations[{INJECTION}]"
            )
        ],
        "validateInjectionAnnotation: the value comes first",
    ),
    (
        INJECTION,
        "disabled",
        "main",
        [
            (
                "The provided injection annotation is only used for default broker, but non-default broker specified "
                f'here: "main": metadata.annotations[{INJECTION}]'
            )
        ],
        "validateInjectionAnnotation",
    ),
    (ORDER, "Ordered", "default", [], "triggerv2.go: in any case"),
    (
        ORDER,
        "random",
        "default",
        [
            (
                f'invalid annotation {ORDER} value: random. Allowed values [ "ordered" | "unordered" ]: '
                f"metadata.annotations[{ORDER}]"
            )
        ],
        "triggerv2.go, of class Kafka",
    ),
]


@pytest.mark.parametrize(("spec", "refused", "rule"), SPECS)
def test_a_trigger_is_judged_as_by_the_webhook(spec: str, refused: list[str], rule: str, tmp_path: Path) -> None:
    assert_refused_for(load_object(tmp_path, TRIGGER.format(annotations="{}", spec=f"{{{spec}}}")), refused)


@pytest.mark.parametrize(("name", "value", "broker", "refused", "rule"), ANNOTATIONS)
def test_a_triggers_annotations_are_judged_as_by_the_webhook(
    name: str, value: str, broker: str, refused: list[str], rule: str, tmp_path: Path
) -> None:
    spec = f"{{{OK.replace('default', broker)}}}"
    assert_refused_for(load_object(tmp_path, TRIGGER.format(annotations=f"{{{name}: '{value}'}}", spec=spec)), refused)


def test_the_order_is_no_business_of_the_channel_based_class(tmp_path: Path) -> None:
    broker = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: default, namespace: cabs}\n"
    trigger = TRIGGER.format(annotations=f"{{{ORDER}: random}}", spec=f"{{{OK}}}")
    assert_refused_for(load_object(tmp_path, f"{broker}---\n{trigger}"), [])
