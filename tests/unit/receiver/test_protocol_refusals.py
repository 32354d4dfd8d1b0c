"""What a client may not send, and that no bytes at all bring the ingress down."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.serving import ACCEPTED, CHUNKED, EVENT, Client, Inlet, post, refusal

BAD = refusal(b"400 Bad Request")
TOO_LONG = refusal(b"414 URI Too Long")
TOO_MANY = refusal(b"431 Request Header Fields Too Large")
NOT_STORED = refusal(b"503 Service Unavailable")


@pytest.mark.parametrize(
    ("request_bytes", "answer"),
    [
        (post(target=b"/" + b"t" * 4096), TOO_LONG),
        (b"POST /" + b"t" * 14_000, TOO_LONG),
        (post(headers=b"x: " + b"h" * 8192 + b"\r\n"), TOO_MANY),
        (post(headers=b"x: y\r\n" * 2000), TOO_MANY),
        (b"POST / HTTP/1.1\r\nx: " + b"h" * 14_000, TOO_MANY),
        (b"\r\n" * 7000, TOO_MANY),
        (post(headers=b"content-length: 1048577\r\n", head=b"").replace(b"content-length: 0\r\n", b""), NOT_STORED),
        (CHUNKED + b"100001\r\n" + b"x" * 0x100001, NOT_STORED),
        (CHUNKED + b"1;" + b"e" * 9_000_000, NOT_STORED),
        (CHUNKED + b"1\r\nx\r\n0\r\n" + b"trailer: t\r\n" * 1000, TOO_MANY),
    ],
    ids=[
        "target",
        "endless target",
        "one header",
        "many headers",
        "endless header",
        "endless blank lines",
        "declared body",
        "chunked body",
        "endless chunk extension",
        "trailers",
    ],
)
async def test_what_is_too_much_is_refused_and_the_connection_ended(
    client: Client, inlet: Inlet, request_bytes: bytes, answer: bytes
) -> None:
    pieces = [request_bytes[at : at + 65_536] for at in range(0, len(request_bytes), 65_536)]
    assert await client.send(*pieces) == answer
    assert client.transport.state == "half closed"  # so that one who is still sending gets to read it
    assert await client.send(post()) == b""
    assert inlet.events == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(headers=b"x: a\x00b\r\n"),
        post(headers=b"x: a\x07b\r\n"),
        post(headers=b"transfer-encoding: chunked\r\n"),
        post(headers=b"content-length: 0\r\n"),
        post(headers=b"transfer-encoding: gzip\r\n").replace(b"content-length: 0\r\n", b""),
        post(headers=b"content-length: 99999999999999999999\r\n").replace(b"content-length: 0\r\n", b""),
        b"hello there\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=[
        "NUL in a header",
        "control character in a header",
        "both lengths",
        "two lengths",
        "unknown coding",
        "length beyond numbers",
        "no HTTP",
        "HTTP/2",
        "TLS",
    ],
)
async def test_what_is_not_http_is_a_400_and_the_end(client: Client, inlet: Inlet, request_bytes: bytes) -> None:
    assert await client.send(request_bytes) == BAD
    assert client.transport.state == "half closed"
    assert inlet.events == []


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([post(), post(b"{}"), CHUNKED, b"0\r\n\r\n", EVENT, b"\r\n", b"GET /healthz HTTP/1.1\r\n\r\n"]),
        st.builds(post, st.binary(max_size=20), st.just(b""), st.binary(max_size=20)),
        st.builds(lambda name, value: post(headers=name + b": " + value + b"\r\n"), st.binary(), st.binary()),
        st.builds(lambda body: post(body, head=b"content-type: application/cloudevents+json\r\n"), st.binary()),
    ),
    max_size=6,
)


@settings(max_examples=300)
@given(PIECES)
async def test_no_bytes_crash_it_nor_make_it_a_500(pieces: list[bytes]) -> None:
    client = Client(Inlet())
    answers = await client.send(*pieces)
    statuses = {line.split(b" ")[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")}
    assert statuses <= {b"100", b"200", b"202", b"400", b"404", b"405", b"503"}


async def test_what_is_too_much_is_refused_behind_another_request_in_the_same_piece(
    client: Client, inlet: Inlet
) -> None:
    too_much = post(headers=b"x: " + b"y" * 10_000 + b"\r\n")
    assert await client.send(post() + too_much) == ACCEPTED + refusal(b"431 Request Header Fields Too Large")
    assert len(inlet.events) == 1
