"""The ingress' decisions, as the Kafka broker's receiver makes them."""

import pytest

from support.events import event
from support.serving import ACCEPTED, EVENT, Client, Inlet, post, refusal

STRUCTURED = b"content-type: application/cloudevents+json\r\n"


def get(target: bytes, headers: bytes = b"", method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\nhost: mesh\r\n" + headers + b"\r\n"


def answer(status: bytes, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"content-length: 0\r\n\r\n"


PROBE = b"K-Network-Probe: probe\r\nK-Network-Hash: 4f2e\r\n"


NOT_ALLOWED, NOT_FOUND = answer(b"405 Method Not Allowed"), answer(b"404 Not Found")
BAD, OK = answer(b"400 Bad Request"), answer(b"200 OK")
CASES = {
    "a GET": (get(b"/cabs/default"), NOT_ALLOWED),
    "an OPTIONS": (get(b"/cabs/default", method=b"OPTIONS"), NOT_ALLOWED),
    "a HEAD": (get(b"/cabs/default", method=b"HEAD"), NOT_ALLOWED),
    "a PUT": (get(b"/cabs/default", method=b"PUT"), NOT_ALLOWED),
    "another method on another path": (get(b"/nowhere", method=b"DELETE"), NOT_ALLOWED),
    "liveness": (get(b"/healthz"), OK),
    "readiness": (get(b"/readyz"), OK),
    "a POST to a probe's path": (post(target=b"/healthz"), NOT_FOUND),
    "a network probe": (get(b"/cabs/default", PROBE), answer(b"200 OK", b"K-Network-Hash: 4f2e\r\n")),
    "a network probe of an unknown broker": (get(b"/cabs/other", PROBE), NOT_FOUND),
    "a network probe of another kind": (get(b"/cabs/default", b"k-network-probe: other\r\n"), NOT_ALLOWED),
    "one trailing slash": (post(target=b"/cabs/default/"), ACCEPTED),
    "a query": (post(target=b"/cabs/default?a=b"), ACCEPTED),
    "absolute form": (post(target=b"http://mesh/cabs/default"), ACCEPTED),
    "absolute form with all it may have": (post(target=b"HTTP://mesh:80/cabs/default/?a=b"), ACCEPTED),
    "absolute form without a path": (post(target=b"http://mesh"), NOT_FOUND),
    "absolute form that is no URL": (post(target=b"http://[::1/x"), NOT_FOUND),
    "two trailing slashes": (post(target=b"/cabs/default//"), NOT_FOUND),
    "two leading slashes": (post(target=b"//cabs/default"), NOT_FOUND),
    "a segment too many": (post(target=b"/cabs/default/more"), NOT_FOUND),
    "a segment too few": (post(target=b"/cabs"), NOT_FOUND),
    "the root": (post(target=b"/"), NOT_FOUND),
    "an asterisk": (post(target=b"*"), NOT_FOUND),
    "another case": (post(target=b"/Cabs/default"), NOT_FOUND),
    "a percent-encoded letter": (post(target=b"/cabs/def%61ult"), NOT_FOUND),
    "no event for an unknown broker": (post(target=b"/nowhere", head=b""), NOT_FOUND),
    "no event": (post(head=b""), BAD),
    "broken JSON": (post(b"{", head=STRUCTURED), BAD),
    "JSON without a bottom": (post(b'{"a":' + b"[" * 100_000, head=STRUCTURED), BAD),
    "an unknown version": (post(head=EVENT.replace(b"1.0", b"9.9")), BAD),
    "no id": (post(head=EVENT.replace(b"ce-id: e-1\r\n", b"")), BAD),
}


@pytest.mark.parametrize(("request_bytes", "expected"), CASES.values(), ids=CASES)
async def test_each_request_gets_its_answer(client: Client, request_bytes: bytes, expected: bytes) -> None:
    client.ingress.ready = True
    assert await client.send(request_bytes) == expected


@pytest.mark.parametrize("path", [b"/healthz", b"/readyz"])
async def test_a_mesh_that_is_not_ready_says_so(client: Client, path: bytes) -> None:
    assert await client.send(get(path)) == answer(b"503 Service Unavailable")


async def test_both_content_modes_are_stored_as_the_same_event(client: Client, inlet: Inlet) -> None:
    structured = b'{"specversion":"1.0","id":"e-1","source":"/app","type":"ride","data":{"km":12.50}}'
    await client.send(post(b'{"km":12.50}'), post(structured, head=STRUCTURED))
    assert inlet.events == [event(data=b'{"km":12.50}')] * 2


async def test_header_bytes_reach_the_event_as_they_were_sent(client: Client, inlet: Inlet) -> None:
    await client.send(post(headers="ce-name: Zürich\r\n".encode() + b"ce-old: Z\xfcrich\r\nce-new: Z%C3%BCrich\r\n"))
    (stored,) = inlet.events
    assert [stored.attributes[name] for name in ("name", "old", "new")] == ["Zürich"] * 3


async def test_trace_context_is_taken_in(client: Client, inlet: Inlet) -> None:
    await client.send(post(headers=b"Traceparent: 00-ab-cd-01\r\ntracestate: a=b\r\nx-request-id: 7\r\n"))
    assert inlet.events[0].headers == {"traceparent": "00-ab-cd-01", "tracestate": "a=b"}


async def test_the_answer_waits_for_the_disk(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    assert await client.send(post()) == b""
    inlet.pending[0].set_result(True)
    assert await client.send() == ACCEPTED


async def test_what_cannot_be_stored_is_a_503_and_the_connection_stays(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    await client.send(post())
    inlet.pending[0].set_result(False)
    assert await client.send() == refusal(b"503 Service Unavailable", close=False)


async def test_why_an_event_was_refused_is_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    await client.send(post(head=EVENT.replace(b"ce-type: ride\r\n", b"")))
    assert "event refused at /cabs/default: type is missing or empty" in caplog.text
