"""What a manifest is warned of: where the broker's class does otherwise than it says, or than this mesh."""

import pytest

from mesh.manifests.model import KAFKA, MT
from support.project_directory import Edit, ProjectDirectory, annotation, delivery, filters

BROKER_FILE = "broker/broker.yaml"
FILE = "triggers/invoice.yaml"
SINK = "deadLetterSink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: dead-letter}}"
BROKERS_SINK = (
    "    deadLetterSink:\n      ref:\n        apiVersion: serving.knative.dev/v1\n        kind: Service\n"
    "        name: dead-letter\n"
)
ORDER = "kafka.eventing.knative.dev/delivery.order"
LOST = "Trigger cabs/invoice has no dead letter sink: class Kafka loses an event that it gives up; here it is kept"
DISCARDED = (
    "class Kafka discards every event without a {0}, whatever else the filter says; "
    "here such an event just has no match"
)
ANSWERED = (
    "Trigger cabs/invoice has no dead letter sink: class MTChannelBasedBroker answers the producer with 500 for an "
    "event that it gives up, and drops it; here it is kept as well (set spec.delivery.deadLetterSink)"
)
TIMED_OUT = (
    "class MTChannelBasedBroker dead-letters an event whose last attempt timed out without knativeerror extensions"
)

KAFKA_TRIGGERS: dict[str, tuple[Edit, list[str]]] = {
    "a prefix on the subject": (
        filters("prefix: {subject: ride/, type: cabs}"),
        [f"1: prefix on subject: {DISCARDED.format('subject')}"],
    ),
    "a suffix on the content type, at any depth": (
        filters("not: {any: [{all: [{suffix: {datacontenttype: json}}]}]}"),
        [f"1: suffix on datacontenttype: {DISCARDED.format('datacontenttype')}"],
    ),
    "the same twice": (
        filters("prefix: {subject: a}", "not: {prefix: {subject: b}}"),
        [f"1: prefix on subject: {DISCARDED.format('subject')}"],
    ),
    "a delivery that drops the broker's sink": (
        delivery("retry: 3"),
        [f"1: {LOST} (its delivery replaces the Broker's whole: repeat the deadLetterSink)"],
    ),
    "a format": (
        delivery(f"{{retry: 3, format: json, {SINK}}}"),
        ["9: class Kafka ignores delivery.format: events are always sent in binary mode"],
    ),
    "back-off settings alone": (
        delivery("{backoffPolicy: linear, backoffDelay: PT1S}"),
        [
            f"1: {LOST} (its delivery replaces the Broker's whole: repeat the deadLetterSink)",
            (
                "9: class Kafka takes a delivery of back-off settings alone for none: nothing is retried "
                "(set retry as well)"
            ),
        ],
    ),
    "a timeout alone, which counts": (
        delivery(f"{{timeout: PT5S, {SINK}}}"),
        [],
    ),
    "an exact subject, which is compared with care": (filters("exact: {subject: a}", "prefix: {type: b}"), []),
    "an order, which this class keeps": (annotation(ORDER, "ordered"), []),
}
MT_TRIGGERS: dict[str, tuple[Edit, list[str]]] = {
    "half a back-off": (
        delivery("{retry: 3, backoffDelay: PT1S}"),
        [
            (
                "9: class MTChannelBasedBroker ignores backoffDelay without backoffPolicy: it retries without a wait "
                "(set both)"
            )
        ],
    ),
    "the other half": (
        delivery("{retry: 3, backoffPolicy: linear}"),
        [
            (
                "9: class MTChannelBasedBroker ignores backoffPolicy without backoffDelay: it retries without a wait "
                "(set both)"
            )
        ],
    ),
    "a timeout": (delivery("timeout: PT1S"), [f"9: {TIMED_OUT}"]),
    "an order": (
        annotation(ORDER, "ordered"),
        [f"1: {ORDER} is an annotation for class Kafka: class MTChannelBasedBroker keeps no order"],
    ),
    "a prefix on the subject, which this class takes": (filters("prefix: {subject: ride/}"), []),
    "a delivery without a sink, which falls back to the broker's": (delivery("retry: 3"), []),
    "a format of a trigger, which this class honours": (delivery("format: json"), []),
}


def of_class(project: ProjectDirectory, broker_class: str) -> None:
    project.edit(BROKER_FILE, f"broker.class: {KAFKA}", f"broker.class: {broker_class}")
    project.edit(BROKER_FILE, "    timeout: PT30S\n", "")


@pytest.mark.parametrize(("edit", "expected"), KAFKA_TRIGGERS.values(), ids=KAFKA_TRIGGERS.keys())
def test_a_trigger_of_class_kafka_is_warned_of(edit: Edit, expected: list[str], project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == []
    assert project.warnings() == [f"{FILE}:{warning}" for warning in expected]


@pytest.mark.parametrize(("edit", "expected"), MT_TRIGGERS.values(), ids=MT_TRIGGERS.keys())
def test_a_trigger_of_the_channel_based_class_is_warned_of(
    edit: Edit, expected: list[str], project: ProjectDirectory
) -> None:
    of_class(project, MT)
    project.edit(FILE, *edit)
    assert project.problems() == []
    assert project.warnings() == [f"{FILE}:{warning}" for warning in expected]


@pytest.mark.parametrize(
    ("broker_class", "told"), [(KAFKA, f"{LOST} (set spec.delivery.deadLetterSink)"), (MT, ANSWERED)]
)
def test_a_trigger_whose_broker_has_no_sink_either_is_warned_of(
    broker_class: str, told: str, project: ProjectDirectory
) -> None:
    of_class(project, broker_class)
    project.edit(BROKER_FILE, BROKERS_SINK, "")
    assert project.warnings() == [f"{FILE}:1: {told}"]


def test_a_broker_of_class_kafka_is_warned_of_its_own_delivery(project: ProjectDirectory) -> None:
    project.edit(FILE, *delivery(f"{{retry: 3, {SINK}}}"))
    text = (project.root / BROKER_FILE).read_text()
    project.write(BROKER_FILE, text[: text.index("  delivery:")] + "  delivery: {backoffDelay: PT1S, format: json}\n")
    assert [warning.partition(": ")[2] for warning in project.warnings()] == [
        "class Kafka takes a delivery of back-off settings alone for none: nothing is retried (set retry as well)",
        "class Kafka ignores delivery.format: events are always sent in binary mode",
    ]


def test_a_broker_of_the_channel_based_class_is_warned_of_its_own_delivery(project: ProjectDirectory) -> None:
    project.edit(BROKER_FILE, f"broker.class: {KAFKA}", f"broker.class: {MT}")
    project.edit(BROKER_FILE, "    retry: 10\n", "    retry: 10\n    format: json\n")
    assert project.warnings() == [
        (
            f"{BROKER_FILE}:25: class MTChannelBasedBroker ignores a Broker's delivery.format "
            "(write it into each Trigger's delivery)"
        ),
        f"{BROKER_FILE}:28: {TIMED_OUT}",
    ]


def test_a_class_that_is_not_run_has_no_differences(project: ProjectDirectory) -> None:
    project.edit(BROKER_FILE, f"broker.class: {KAFKA}", "broker.class: KafkaNamespaced")
    project.edit(FILE, *delivery("{backoffDelay: PT1S}"))
    assert not [warning for warning in project.warnings() if "class" in warning]
