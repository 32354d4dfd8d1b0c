"""Which requests are events: what the ingress takes, and what it refuses."""

import json
from typing import Any

import pytest

from support.conformance.row import Row, each
from support.conformance.run import Run
from support.conformance.scene import Scene

STRUCTURED = "application/cloudevents+json"
MT_PARSE = "1.1; knative/eventing pkg/broker/ingress/ingress_handler.go, cloudevents sdk-go v2 event/eventcontext_v1.go"
KAFKA_PARSE = "1.2; eventing-kafka-broker receiver/impl/handler/IngressRequestHandlerImpl.java"
PARSE = f"{MT_PARSE}; {KAFKA_PARSE}"
TTL = "D6; knative/eventing pkg/broker/ttl.go"
SIZE = "1.2; producer's max.request.size (config-kafka-broker-data-plane); MT has no limit"


def binary(
    name: str,
    kafka: int,
    mt: int,
    body: bytes = b"",
    headers: tuple[tuple[str, str | bytes], ...] = (),
    rule: str = PARSE,
    **attributes: str | bytes | None,
) -> Row:
    async def see(scene: Scene) -> int:
        return (await scene.send(body, headers, **attributes)).status

    return Row(name=name, source=rule, see=see, expected=each(kafka=kafka, mt=mt))


def posted(name: str, kafka: int, mt: int, body: bytes, content_type: str = STRUCTURED) -> Row:
    async def see(scene: Scene) -> int:
        return (await scene.request("POST", "", [("content-type", content_type)], body)).status

    return Row(name=name, source=PARSE, see=see, expected=each(kafka=kafka, mt=mt))


def document(**changed: Any) -> bytes:
    plain: dict[str, Any] = {"specversion": "1.0", "id": "e-1", "source": "/conformance", "type": "admission"} | changed
    return json.dumps({name: value for name, value in plain.items() if value is not None}).encode()


CHUNKED = (("transfer-encoding", "chunked"), ("content-type", "text/plain"))

BINARY = [
    binary("a binary event", 202, 202, b"{}", (("content-type", "application/json"),)),
    binary("a binary event in chunks", 202, 202, b"5\r\nhello\r\n0\r\n\r\n", CHUNKED),
    binary("a binary 0.3 event", 202, 202, specversion="0.3", schemaurl="http://schema"),
    binary("no specversion", 400, 400, specversion=None),
    binary("an unknown specversion", 400, 400, specversion="2.0"),
    binary("no id", 400, 400, id=None),
    binary("no source", 400, 400, source=None),
    binary("no type", 400, 400, type=None),
    binary("an id of blanks", 400, 400, id="   "),
    binary("a type of blanks", 400, 400, type="   "),
    binary("a time that is none", 400, 400, time="yesterday"),
    binary("a time with an offset", 202, 202, time="2026-01-02T03:04:05.123456789+02:00"),
    binary("an extension's name with an underscore", 400, 400, ride_id="r-1"),
    binary("a subject of blanks", 202, 400, subject="  ", rule=MT_PARSE),
    binary("a datacontenttype that is no media type", 202, 400, b"x", (("content-type", "json"),), MT_PARSE),
    binary("a relative dataschema", 202, 400, dataschema="schemas/ride", rule=MT_PARSE),
    binary("an absolute dataschema", 202, 202, dataschema="https://example.com/ride"),
]

STRUCTURED_EVENTS = [
    posted("a structured event", 202, 202, document(data={"km": 12})),
    posted("a structured event with a charset", 202, 202, document(), f"{STRUCTURED}; charset=UTF-8"),
    posted("a structured media type in capitals", 202, 202, document(), "Application/CloudEvents+JSON"),
    posted("a structured 0.3 event", 202, 202, document(specversion="0.3", schemaurl="http://schema")),
    posted("a structured event with base64 data", 202, 202, document(data_base64="aGVsbG8=")),
    posted("a structured event with broken base64", 400, 400, document(data_base64="!")),
    posted("structured and no JSON", 400, 400, b'{"specversion"'),
    posted("structured and a JSON list", 400, 400, b"[]"),
    posted("structured and empty", 400, 400, b""),
    posted("a structured event without an id", 400, 400, document(id=None)),
    posted("a structured event without a type", 400, 400, document(type=None)),
    posted("a structured event of an unknown specversion", 400, 400, document(specversion="1.1")),
    posted("a structured event with a wrong time", 400, 400, document(time="12:00")),
    posted("a structured event with a capital in a name", 400, 400, document(rideId="r-1")),
    posted("a batch", 400, 400, b"[" + document() + b"]", "application/cloudevents-batch+json"),
    posted("plain JSON", 400, 400, b"{}", "application/json"),
    posted("a form", 400, 400, b"a=b", "application/x-www-form-urlencoded"),
]

HOPS_AND_SIZE = [
    binary("a hop limit of 2", 202, 202, knativebrokerttl="2", rule=TTL),
    binary("a hop limit of 1", 202, 400, knativebrokerttl="1", rule=TTL),
    binary("a hop limit of 0", 202, 400, knativebrokerttl="0", rule=TTL),
    binary("a negative hop limit", 202, 400, knativebrokerttl="-7", rule=TTL),
    binary("a hop limit that is no number", 202, 202, knativebrokerttl="many", rule=TTL),
    binary("900 kB", 202, 202, b"x" * 900_000, rule=SIZE),
    binary("1.2 MB", 503, 202, b"x" * 1_200_000, rule=SIZE),
]


@pytest.mark.parametrize("row", [*BINARY, *STRUCTURED_EVENTS, *HOPS_AND_SIZE], ids=str)
def test_admission(row: Row, run: Run) -> None:
    run.check(row)
