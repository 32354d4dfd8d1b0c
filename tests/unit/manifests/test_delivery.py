"""The delivery of a Broker or Trigger."""

from datetime import timedelta

import pytest

from support.project_directory import Edit, ProjectDirectory, delivery

FILE = "triggers/invoice.yaml"

BROKEN = {
    "a Go duration": (
        delivery("backoffDelay: 5s"),
        "9: invalid value: 5s: spec.delivery.backoffDelay (an ISO 8601 duration, such as PT5S)",
    ),
    "a timeout of nothing": (
        delivery("timeout: PT0S"),
        "9: invalid value: PT0S: spec.delivery.timeout (longer than nothing; leave it out for the broker's default)",
    ),
    "a number for a timeout": (
        delivery("timeout: 30"),
        "9: invalid value: 30: spec.delivery.timeout (a string: put it in quotes)",
    ),
    "a negative retry": (delivery("retry: -1"), "9: invalid value: -1: spec.delivery.retry (from 0 to 2147483647)"),
    "a retry beyond int32": (
        delivery("retry: 3000000000"),
        "9: invalid value: 3000000000: spec.delivery.retry (from 0 to 2147483647)",
    ),
    "a retry in quotes": (delivery("retry: '10'"), "9: invalid value: 10: spec.delivery.retry (an integer)"),
    "a retry with a fraction": (delivery("retry: 1.5"), "9: invalid value: 1.5: spec.delivery.retry (an integer)"),
    "a retry that is true": (delivery("retry: true"), "9: invalid value: true: spec.delivery.retry (an integer)"),
    "a back-off policy in capitals": (
        delivery("backoffPolicy: Exponential"),
        "9: invalid value: Exponential: spec.delivery.backoffPolicy (linear or exponential)",
    ),
    "a format of another name": (
        delivery("format: JSON"),
        "9: invalid value: JSON: spec.delivery.format (json or binary)",
    ),
    "a cap on Retry-After": (
        delivery("retryAfterMax: PT10S"),
        "9: must not set the field(s): spec.delivery.retryAfterMax (the feature delivery-retryafter is off by default)",
    ),
    "a misspelt field": (
        delivery("backofDelay: PT1S"),
        '9: unknown field "spec.delivery.backofDelay" (did you mean backoffDelay?)',
    ),
    "a dead letter sink that is nothing": (
        delivery("deadLetterSink: {}"),
        "9: expected at least one, got none: spec.delivery.deadLetterSink.ref, spec.delivery.deadLetterSink.uri",
    ),
    "a dead letter sink that does not exist": (
        delivery("deadLetterSink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: lost}}"),
        '9: Service "lost" does not exist: spec.delivery.deadLetterSink.ref (in namespace cabs: dead-letter, invoice)',
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_delivery_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_a_delivery_is_read_and_its_absence_is_not_a_value(project: ProjectDirectory) -> None:
    project.edit(FILE, *delivery("{retry: 3.0, backoffDelay: -PT2S, format: json, timeout: P1D}"))
    loaded = project.load()
    assert loaded.problems == ()
    spec = loaded.triggers[0].delivery
    assert spec is not None
    assert (spec.retry, spec.format, spec.timeout) == (3, "json", timedelta(days=1))
    assert (spec.dead_letter_sink, spec.backoff_policy) == (None, None)
    assert spec.backoff_delay == timedelta(), "the webhook lets a negative wait pass: it waits for nothing"


def test_every_setting_keeps_its_place(project: ProjectDirectory) -> None:
    (broker,) = project.load().brokers
    assert broker.delivery is not None
    assert {name: str(origin) for name, origin in broker.delivery.origins.items()} == {
        "retry": "broker/broker.yaml:24",
        "backoffPolicy": "broker/broker.yaml:25",
        "backoffDelay": "broker/broker.yaml:26",
        "timeout": "broker/broker.yaml:27",
        "deadLetterSink": "broker/broker.yaml:28",
    }


@pytest.mark.parametrize("written", ["  delivery: {}\n", ""])
def test_an_empty_delivery_is_not_an_absent_one(written: str, project: ProjectDirectory) -> None:
    text = (project.root / "broker/broker.yaml").read_text()
    project.write("broker/broker.yaml", text[: text.index("  delivery:")] + written)
    (broker,) = project.load().brokers
    assert (broker.delivery is not None) is bool(written)


@pytest.mark.parametrize(("written", "told"), [("PT0.05S", "0 s"), ("PT1.25S", "1.2 s")])
def test_decimals_that_knative_drops_are_a_warning(written: str, told: str, project: ProjectDirectory) -> None:
    project.edit("broker/broker.yaml", "backoffDelay: PT0.2S", f"backoffDelay: {written}")
    [warning] = project.load().warnings
    sentence = f"spec.delivery.backoffDelay: {written} counts as {told}, since Knative keeps one decimal"
    assert str(warning) == f"broker/broker.yaml:26: {sentence}"


def test_one_decimal_is_no_warning(project: ProjectDirectory) -> None:
    assert project.load().warnings == ()
