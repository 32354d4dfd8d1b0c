"""What a subscriber is sent: attributes, extensions added and hidden, headers, content mode."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Received
from support.conformance.row import Broker, Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

ADDED = "D7; knative/eventing pkg/broker/metrics.go; eventing-kafka-broker RecordDispatcherMutatorChain.java"
HIDDEN = "D6; knative/eventing pkg/broker/filter/filter_handler.go"
PASSED = "D17; knative/eventing pkg/utils/headers.go"
TRACED = "1.3; knative.dev/pkg observability/tracing/provider.go; eventing-kafka-broker TracingProvider.java"
ENCODED = "1.1; CloudEvents HTTP binding 3.1.3.2; cloudevents sdk-go v2 protocol/http/message.go"
SENDER = "3.7; knative/eventing pkg/kncloudevents/event_dispatcher.go; WebClientCloudEventSender.java"
FORMAT = "D13; knative/eventing pkg/kncloudevents/event_dispatcher.go"
MODES = "1.1, 1.2; CloudEvents HTTP binding 3"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SUBSCRIBED = (Trigger(),)
AS_JSON = (Trigger(delivery={"format": "json"}),)


def header(
    name: str,
    at_subscriber: str,
    expected: Mapping[str, Any],
    source: str,
    headers: tuple[tuple[str, str | bytes], ...] = (),
    **attributes: str | bytes | None,
) -> Row:
    """A binary event with these headers, and the bytes of one header at the subscriber (None: it has not that one)."""

    async def see(scene: Scene) -> bytes | None:
        await scene.send(b"{}", headers, **attributes)
        return (await scene.delivered()).raw(at_subscriber)

    return Row(name=name, source=source, see=see, expected=expected, triggers=SUBSCRIBED)


def matching(name: str, at_subscriber: str, pattern: str, source: str, *, kafka: bool, mt: bool) -> Row:
    """Whether the subscriber gets that header with a value of that form."""

    async def see(scene: Scene) -> bool:
        await scene.send()
        value = (await scene.delivered()).header(at_subscriber)
        return value is not None and re.fullmatch(pattern, value) is not None

    return Row(name=name, source=source, see=see, expected=each(kafka=kafka, mt=mt), triggers=SUBSCRIBED)


EXTENSIONS = [
    matching("the arrival time", "ce-knativearrivaltime", TIME.pattern, ADDED, kafka=False, mt=True),
    matching("the partition", "ce-knativekafkapartition", r"\d", ADDED, kafka=True, mt=False),
    matching("the offset", "ce-knativekafkaoffset", r"\d+", ADDED, kafka=True, mt=False),
    matching("no hop limit of the broker's", "ce-knativebrokerttl", ".*", HIDDEN, kafka=False, mt=False),
    header("a producer's hop limit", "ce-knativebrokerttl", each(kafka=b"9", mt=None), HIDDEN, knativebrokerttl="9"),
    header("an extension", "ce-rideid", both(b"r-1"), MODES, rideid="r-1"),
    header("an extension named traceparent", "ce-traceparent", both(b"t-1"), TRACED, traceparent="t-1"),
    header("the specversion 1.0", "ce-specversion", both(b"1.0"), MODES),
    header("the specversion 0.3", "ce-specversion", both(b"0.3"), MODES, specversion="0.3"),
    header("the time as sent", "ce-time", both(b"2026-01-02T03:04:05Z"), MODES, time="2026-01-02T03:04:05Z"),
]

HEADERS = [
    header("X-Request-Id", "x-request-id", each(kafka=None, mt=b"q-1"), PASSED, (("X-Request-Id", "q-1"),)),
    header("Retry-After", "retry-after", each(kafka=None, mt=b"7"), PASSED, (("Retry-After", "7"),)),
    header("a Knative- header", "knative-x", each(kafka=None, mt=b"1"), PASSED, (("Knative-X", "1"),)),
    header("an X-B3- header", "x-b3-traceid", each(kafka=None, mt=b"80f1"), PASSED, (("X-B3-TraceId", "80f1"),)),
    header("another header", "x-custom", both(None), PASSED, (("X-Custom", "1"),)),
    header("a user agent", "user-agent", both(None), PASSED, (("User-Agent", "conformance/1"),)),
    header("credentials", "authorization", both(None), PASSED, (("Authorization", "Bearer x"),)),
    header("tracestate", "tracestate", both(b"a=1"), TRACED, (("traceparent", TRACE), ("tracestate", "a=1"))),
    header("baggage", "baggage", both(b"k=v"), TRACED, (("traceparent", TRACE), ("baggage", "k=v"))),
    header("Prefer", "prefer", both(b"reply"), SENDER),
    header("the content type", "content-type", both(b"text/x"), MODES, (("content-type", "text/x"),)),
]

ENCODING = [
    header("percent-encoded UTF-8", "ce-subject", both(b"Caf%C3%A9"), ENCODED, subject="Caf%C3%A9"),
    header("needless percent-encoding", "ce-subject", each(kafka=b"ABC", mt=b"%41BC"), ENCODED, subject="%41BC"),
    header("an encoded space", "ce-subject", both(b"a%20b"), ENCODED, subject="a%20b"),
    header("a plain space", "ce-subject", each(kafka=b"a%20b", mt=b"a b"), ENCODED, subject="a b"),
    header("a percent sign", "ce-subject", each(kafka=b"5%25", mt=b"5%"), ENCODED, subject="5%"),
    header("plain UTF-8", "ce-subject", each(kafka=b"Caf%C3%A9", mt="Café".encode()), ENCODED, subject="Café".encode()),
]


def sent_structured(name: str, shown: Mapping[str, Any], source: str = MODES, **members: Any) -> Row:
    """A structured event, and what the subscriber gets in binary mode: the named headers and the body."""

    async def see(scene: Scene) -> dict[str, Any]:
        await scene.structured(**members)
        got = await scene.delivered()
        return {key: got.body if key == "body" else got.raw(key) for key in next(iter(shown.values()))}

    return Row(name=name, source=source, see=see, expected=shown, triggers=SUBSCRIBED)


JSON = "application/json"

STRUCTURED = [
    sent_structured(
        "structured in, binary out",
        both({"ce-rideid": b"r-1", "content-type": b"application/json", "body": b'{"km": 12}'}),
        datacontenttype=JSON,
        data={"km": 12},
        rideid="r-1",
    ),
    sent_structured("text data", both({"body": b"hi"}), datacontenttype="text/plain", data="hi"),
    sent_structured("base64 data", both({"body": b"hello"}), data_base64="aGVsbG8="),
    sent_structured("no data", both({"body": b"", "content-type": None})),
    sent_structured("a whole number as extension", both({"ce-n": b"5"}), n=5),
    sent_structured("a boolean as extension", both({"ce-ok": b"true"}), ok=True),
    sent_structured(
        "UTF-8 of a structured event",
        each(kafka={"ce-subject": b"Caf%C3%A9"}, mt={"ce-subject": "Café".encode()}),
        ENCODED,
        subject="Café",
    ),
    sent_structured("0.3 structured in", both({"ce-specversion": b"0.3"}), specversion="0.3"),
]


def mode(got: Received) -> tuple[str | None, object]:
    """Content type, and the data of the event in the body."""
    content_type = got.header("content-type")
    if content_type == "application/cloudevents+json":
        document = json.loads(got.body)
        return content_type, document.get("data", document.get("data_base64"))
    return content_type, got.body


def content_mode(
    name: str, kafka: object, mt: object, body: bytes, content_type: str, brokers: tuple[Broker, ...] = ()
) -> Row:
    async def see(scene: Scene) -> object:
        await scene.send(body, (("content-type", content_type),))
        return mode(await scene.delivered())

    triggers = SUBSCRIBED if brokers else AS_JSON
    return Row(name=name, source=FORMAT, see=see, expected=each(kafka=kafka, mt=mt), triggers=triggers, brokers=brokers)


CE = "application/cloudevents+json"
OF_BROKER = (Broker(delivery={"format": "json", "retry": 0}),)

FORMATS = [
    content_mode("format json, JSON data", (JSON, b'{"km":12}'), (CE, {"km": 12}), b'{"km":12}', JSON),
    content_mode("format json, text data", ("text/plain", b"hi"), (CE, "hi"), b"hi", "text/plain"),
    content_mode("format json at the Broker", (JSON, b"{}"), (JSON, b"{}"), b"{}", JSON, OF_BROKER),
]


async def _namespace(scene: Scene) -> object:
    await scene.send()
    return (await scene.delivered()).header("kn-namespace") == scene.broker().partition("/")[0]


async def _trace_id(scene: Scene) -> object:
    await scene.send(b"", (("traceparent", TRACE),))
    return (await scene.delivered()).header(
        "traceparent",
    )[:35]


async def _target(scene: Scene) -> object:
    await scene.send()
    got = await scene.delivered()
    return got.method, got.target.removeprefix(scene.path(""))


async def _bytes(scene: Scene) -> object:
    await scene.send(bytes(range(256)), (("content-type", "application/octet-stream"),))
    return (await scene.delivered()).body == bytes(range(256))


async def _none(scene: Scene) -> object:
    await scene.send(b"")
    got = await scene.delivered()
    return got.body, got.header("content-type"), got.header("content-length")


OTHERS = [
    Row(name="Kn-Namespace", source=SENDER, see=_namespace, expected=both(True), triggers=SUBSCRIBED),
    Row(name="the trace goes on", source=TRACED, see=_trace_id, expected=both(TRACE[:35]), triggers=SUBSCRIBED),
    Row(
        name="POST to the uri as written",
        source=SENDER,
        see=_target,
        expected=both(("POST", "subscriber?x=1%202&y=%C3%A9")),
        triggers=(Trigger(to="receiver:subscriber?x=1%202&y=%C3%A9"),),
    ),
    Row(name="data byte for byte", source=MODES, see=_bytes, expected=both(True), triggers=SUBSCRIBED),
    Row(name="an event without data", source=MODES, see=_none, expected=both((b"", None, "0")), triggers=SUBSCRIBED),
]


@pytest.mark.parametrize("row", [*EXTENSIONS, *HEADERS, *ENCODING, *STRUCTURED, *FORMATS, *OTHERS], ids=str)
def test_message(row: Row, run: Run) -> None:
    run.check(row)
