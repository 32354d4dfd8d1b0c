"""A delivery alone, row by row of the webhook's rules: knative/eventing pkg/apis/duck/v1/delivery_types.go."""

from pathlib import Path

import pytest

from support.webhook import assert_refused_for, load_object

OWNERS = {
    "Broker": "metadata: {{name: b, namespace: cabs}}\nspec:\n  delivery: {{{delivery}}}\n",
    "Trigger": (
        "metadata: {{name: t, namespace: cabs}}\n"
        "spec:\n  broker: b\n  subscriber: {{uri: 'http://h'}}\n  delivery: {{{delivery}}}\n"
    ),
}
PATH = "spec.delivery"

# (what the webhook is given, what it says, the rule's place)
RULES = [
    ("", [], "an empty delivery"),
    ("retry: 0", [], "retry: not below zero"),
    ("retry: null", [], "a null is an absent field"),
    ("retry: 3.0", [], "JSON: a whole number"),
    ("timeout: PT0.1S", [], "timeout: not zero"),
    ("timeout: -PT5S", [], "timeout: below zero is not zero"),
    ("timeout: P1Y", [], "period.Parse: years"),
    ("backoffPolicy: linear", [], "backoffPolicy"),
    ("backoffPolicy: exponential", [], "backoffPolicy"),
    ("backoffDelay: PT0S", [], "backoffDelay: zero passes"),
    ("backoffDelay: -PT1S", [], "backoffDelay: below zero passes"),
    ("backoffDelay: 'PT0,2S'", [], "period.Parse: a comma"),
    ("backoffDelay: PT0.5oopsS", [], "period.Parse: what follows one decimal is not looked at"),
    ("format: json", [], "format"),
    ("format: binary", [], "format"),
    ("deadLetterSink: {uri: 'http://h'}", [], "destination.go"),
    ("retry: -1", [f"invalid value: -1: {PATH}.retry"], "retry: not below zero"),
    ("retry: 3000000000", [f"invalid value: 3000000000: {PATH}.retry"], "eventing-broker.yaml: int32"),
    ("retry: '3'", [f"invalid value: 3: {PATH}.retry"], "eventing-broker.yaml: an integer"),
    ("timeout: PT0S", [f"invalid value: PT0S: {PATH}.timeout"], "timeout: not zero"),
    ("timeout: P0", [f"invalid value: P0: {PATH}.timeout"], "timeout: not zero"),
    ("timeout: PT0.04S", [f"invalid value: PT0.04S: {PATH}.timeout"], "period.Parse keeps one decimal"),
    ("timeout: 30s", [f"invalid value: 30s: {PATH}.timeout"], "timeout: a period"),
    ("timeout: ''", [f"invalid value: : {PATH}.timeout"], "timeout: a period"),
    ("backoffPolicy: Linear", [f"invalid value: Linear: {PATH}.backoffPolicy"], "backoffPolicy: lower case"),
    ("backoffPolicy: ''", [f"invalid value: : {PATH}.backoffPolicy"], "backoffPolicy: one of two"),
    ("backoffDelay: 5s", [f"invalid value: 5s: {PATH}.backoffDelay"], "backoffDelay: a period"),
    ("backoffDelay: '-'", [f"invalid value: -: {PATH}.backoffDelay"], "backoffDelay: a period"),
    ("backoffDelay: PT5S3H", [f"invalid value: PT5S3H: {PATH}.backoffDelay"], "period.Parse: marks in order"),
    ("format: JSON", [f"invalid value: JSON: {PATH}.format"], "format: lower case"),
    ("retryAfterMax: PT1S", [f"must not set the field(s): {PATH}.retryAfterMax"], "feature delivery-retryafter is off"),
    ("retryAfterMax: x", [f"must not set the field(s): {PATH}.retryAfterMax"], "feature delivery-retryafter is off"),
    (
        "deadLetterSink: {}",
        [f"expected at least one, got none: {PATH}.deadLetterSink.ref, {PATH}.deadLetterSink.uri"],
        "destination.go",
    ),
    (
        (
            "retry: -1, timeout: x, backoffPolicy: x, backoffDelay: x, format: x, retryAfterMax: x, "
            "deadLetterSink: {ref: {}}"
        ),
        [
            f"invalid value: -1: {PATH}.retry",
            f"invalid value: x: {PATH}.timeout",
            f"invalid value: x: {PATH}.backoffPolicy",
            f"invalid value: x: {PATH}.backoffDelay",
            f"invalid value: x: {PATH}.format",
            f"must not set the field(s): {PATH}.retryAfterMax",
            (
                f"missing field(s): {PATH}.deadLetterSink.ref.apiVersion, {PATH}.deadLetterSink.ref.kind, "
                f"{PATH}.deadLetterSink.ref.name"
            ),
        ],
        "all of it at once",
    ),
    ("jitter: true", [f'unknown field "{PATH}.jitter"'], "the webhook's decoder refuses what it does not know"),
]


@pytest.mark.parametrize("kind", OWNERS)
@pytest.mark.parametrize(("delivery", "refused", "rule"), RULES)
def test_a_delivery_is_judged_as_by_the_webhook(
    kind: str, delivery: str, refused: list[str], rule: str, tmp_path: Path
) -> None:
    text = f"apiVersion: eventing.knative.dev/v1\nkind: {kind}\n{OWNERS[kind].format(delivery=delivery)}"
    assert_refused_for(load_object(tmp_path, text), refused)
