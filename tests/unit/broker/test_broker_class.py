"""Class Kafka: whose delivery settings hold, what a reply is, what a dead letter carries."""

import base64
from datetime import timedelta

import pytest

from mesh.broker.broker_class import KAFKA
from mesh.broker.retry import Failed
from mesh.event import Event
from mesh.ledger.records import Failure
from mesh.manifests.model import Broker, DeliverySpec, Destination
from mesh.manifests.problem import Origin
from mesh.wire import Response
from support.delivering import answer, replying, trigger
from support.events import event

SINK = Destination(uri="http://sink")
BROKERS = DeliverySpec(dead_letter_sink=SINK, retry=10, timeout=timedelta(seconds=30))
STOCK = DeliverySpec(retry=10, backoff_policy="exponential", backoff_delay=timedelta(milliseconds=200))
BACKOFF_ALONE = DeliverySpec(backoff_policy="linear", backoff_delay=timedelta(seconds=1))


@pytest.mark.parametrize(
    ("of_broker", "of_trigger", "holds", "origin"),
    [
        (BROKERS, None, BROKERS, "b.yaml:3"),
        (BROKERS, DeliverySpec(retry=2), DeliverySpec(retry=2), "t.yaml:1"),
        (None, None, STOCK, "config-br-defaults, since the Broker has no spec.delivery"),
        (None, DeliverySpec(retry=2), DeliverySpec(retry=2), "t.yaml:1"),
        (BROKERS, DeliverySpec(), DeliverySpec(), "t.yaml:1: back-off settings alone count as no delivery"),
        (BROKERS, BACKOFF_ALONE, DeliverySpec(), "t.yaml:1: back-off settings alone count as no delivery"),
        (BACKOFF_ALONE, None, DeliverySpec(), "b.yaml:3: back-off settings alone count as no delivery"),
    ],
    ids=[
        "the broker's",
        "the trigger's replace the broker's whole, sink included",
        "stock defaults",
        "the trigger's replace stock defaults",
        "an empty delivery replaces the broker's",
        "back-off alone at the trigger",
        "back-off alone at the broker",
    ],
)
def test_whose_settings_hold(
    of_broker: DeliverySpec | None, of_trigger: DeliverySpec | None, holds: DeliverySpec, origin: str
) -> None:
    broker = Broker("cabs", "default", "Kafka", of_broker, Origin("b.yaml", 3))
    inherited = KAFKA.inherit(broker, trigger("invoice", of_trigger))
    assert (inherited.spec, inherited.origin) == (holds, origin)


def test_what_is_not_set_has_the_defaults_of_the_class() -> None:
    policy = KAFKA.policy(DeliverySpec())
    assert (policy.retry, policy.backoff_policy, policy.backoff_delay, policy.timeout) == (
        0,
        "exponential",
        timedelta(milliseconds=200),
        timedelta(minutes=10),
    )


def test_what_is_set_holds_and_a_time_out_of_nothing_counts_as_not_set() -> None:
    policy = KAFKA.policy(DeliverySpec(None, 3, timedelta(), "linear", timedelta()))
    assert (policy.retry, policy.backoff_policy, policy.backoff_delay) == (3, "linear", timedelta())
    assert policy.timeout == timedelta(minutes=10)


STRUCTURED = b'{"specversion":"1.0","id":"e-1","source":"/app","type":"ride","data":{"km":"12.50"}}'


@pytest.mark.parametrize(
    ("response", "reply"),
    [
        (replying(event()), event()),
        (Response(202, replying(event()).headers, b""), event(data=None)),
        (answer(201, STRUCTURED, content_type="application/cloudevents+json"), event()),
        (answer(200), None),
        (answer(204), None),
        (answer(200, b"", ce_specversion="1.0"), None),
        (answer(200, b"", content_type="application/cloudevents+json"), None),
    ],
    ids=[
        "binary",
        "in a 202",
        "structured",
        "nothing",
        "no content",
        "partial headers without a body",
        "structured without a body",
    ],
)
def test_what_counts_as_a_reply(response: Response, reply: Event | None) -> None:
    assert KAFKA.read_reply(response) == reply


@pytest.mark.parametrize(
    "response",
    [
        answer(200, b"ok"),
        answer(200, b"{}", ce_specversion="1.0"),
        answer(200, b"{", content_type="application/cloudevents+json"),
        answer(200, b'{"a":' + b"[" * 100_000, content_type="application/cloudevents+json"),
    ],
    ids=["text", "a binary event without an id", "broken JSON", "JSON without a bottom"],
)
def test_another_body_fails_the_delivery_for_good(response: Response) -> None:
    failed = KAFKA.read_reply(response)
    assert isinstance(failed, Failed)
    assert (failed.status, failed.permanent) == (None, True)
    assert failed.reason.startswith("status 200 with a body that is no CloudEvent (")
    assert failed.reason.endswith("): answer with an event or nothing")


def dead(original: Event, code: int | None = None, body: bytes = b"", **extensions: str) -> dict[str, str]:
    """The attributes that the dead letter has beyond the event's own."""
    failure = Failure("http://invoice/", code, body, extensions, "a reason", 1)
    letter = KAFKA.dead_letter(original, failure)
    assert letter.data == original.data
    assert letter.attributes | original.attributes == letter.attributes
    return {name: value for name, value in letter.attributes.items() if name not in original.attributes}


def test_a_dead_letter_says_where_it_failed_with_which_code_and_what_was_answered() -> None:
    assert dead(event(), 422, b"no number", reason="far") == {
        "knativeerrordest": "http://invoice/",
        "knativeerrorcode": "422",
        "knativeerrordata": base64.b64encode(b"no number").decode(),
        "reason": "far",
    }


def test_without_a_response_there_is_neither_code_nor_data() -> None:
    assert dead(event()) == {"knativeerrordest": "http://invoice/"}


def test_without_a_body_there_is_no_data() -> None:
    assert dead(event(), 500) == {"knativeerrordest": "http://invoice/", "knativeerrorcode": "500"}


@pytest.mark.parametrize("size", [1024, 1025, 100_000])
def test_at_most_1024_bytes_of_the_body_are_told(size: int) -> None:
    told = base64.b64decode(dead(event(), 500, b"x" * size)["knativeerrordata"])
    assert told == b"x" * 1024


def test_a_subscriber_cannot_rewrite_what_the_event_is_known_by() -> None:
    told = dead(event(), 500, id="other", type="other", specversion="9", knativeerrordest="http://elsewhere/")
    assert told == {"knativeerrordest": "http://invoice/", "knativeerrorcode": "500"}


def test_an_event_of_0_3_becomes_one_of_1_0() -> None:
    old = event(schemaurl="http://schema").extended({"specversion": "0.3"})
    letter = KAFKA.dead_letter(old, Failure("http://invoice/", None, b"", {}, "", 1))
    assert letter.attributes == event(dataschema="http://schema", knativeerrordest="http://invoice/").attributes
