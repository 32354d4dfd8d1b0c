"""The delivery client against real sockets: what a subscriber may do to it, and what it says on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from mesh.broker import client as module
from mesh.broker.client import AiohttpClient
from mesh.errors import NoAnswer
from mesh.wire import Client, Request, Response

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
REQUEST = Request(
    "POST", "/%41%2fb?c=%c3%a9", [("prefer", "reply"), ("ce-id", "Z%C3%BCrich"), ("x", "1"), ("x", "2")], b"{}"
)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with AiohttpClient() as opened:
        yield opened


@asynccontextmanager
async def subscriber(conversation: Conversation) -> AsyncIterator[str]:
    """Serve raw connections; yields the base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await conversation(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answering(*pieces: bytes) -> Conversation:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return conversation


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def half_answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK[:-1])
    await reader.read()


async def send(client: Client, base: str, within: float = 10.0) -> Response:
    return await client.send(base, REQUEST, within=within)


async def test_exactly_our_headers_are_sent(client: Client) -> None:
    heard = b""

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(2)
        writer.write(OK)

    async with subscriber(listening) as base:
        await send(client, base)
    lines = heard.split(b"\r\n")
    assert lines[0] == b"POST /%41%2fb?c=%c3%a9 HTTP/1.1"
    assert sorted(line.lower() for line in lines[1:-2]) == sorted(
        [
            b"host: " + base.removeprefix("http://").encode(),
            b"prefer: reply",
            b"ce-id: z%c3%bcrich",
            b"x: 1",
            b"x: 2",
            b"content-length: 2",
        ]
    )
    assert lines[-1] == b"{}"


async def test_an_empty_body_has_a_length_and_no_type(client: Client) -> None:
    heard = b""

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    async with subscriber(listening) as base:
        await client.send(base, Request("POST", "/", []), within=10)
    assert b"content-length: 0" in heard.lower()
    assert b"content-type" not in heard.lower()


async def test_the_response_comes_back_whole_with_latin_1_headers(client: Client) -> None:
    answer = (
        b"HTTP/1.1 422 Unprocessable\r\nKne-Reason: caf\xe9 \xc3\xa9\r\nX: 1\r\nX: 2\r\ncontent-length: 3\r\n\r\nno\xff"
    )
    async with subscriber(answering(answer)) as base:
        response = await send(client, base)
    assert response.status == 422
    assert response.body == b"no\xff"
    assert response.header("kne-reason") == b"caf\xe9 \xc3\xa9".decode("latin-1")
    assert [value for name, value in response.headers if name == "x"] == ["1", "2"]


async def test_a_slow_chunked_body_is_waited_for(client: Client) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    async with subscriber(answering(head, b"2\r\nab\r\n", b"1\r\nc\r\n", b"0\r\n\r\n")) as base:
        assert (await send(client, base)).body == b"abc"


async def test_a_body_is_handed_over_as_it_was_encoded(client: Client) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc"
    async with subscriber(answering(answer)) as base:
        assert (await send(client, base)).body == b"abc"


async def test_a_redirect_is_an_answer_like_any_other(client: Client) -> None:
    async with subscriber(answering(b"HTTP/1.1 307 Go\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n")) as base:
        response = await send(client, base)
    assert (response.status, response.header("location")) == (307, "/other")


async def test_no_cookie_is_kept(client: Client) -> None:
    heard: list[bytes] = []

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(2))
            writer.write(b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n")

    async with subscriber(listening) as base:
        await send(client, base)
        await send(client, base)
    assert b"cookie" not in heard[1].lower()


async def test_a_connection_is_used_again(client: Client) -> None:
    connections = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\n{}")
            writer.write(OK)

    async with subscriber(counting) as base:
        for _ in range(3):
            await send(client, base)
    assert connections == 1


@pytest.mark.parametrize(
    ("conversation", "within", "sentence"),
    [
        (answering(), 10, "closed the connection before it answered"),
        (answering(OK[:-1]), 10, "no usable response from .*ContentLengthError|no usable response from .*Payload"),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), 10, "no usable response from "),
        (answering(b"HTTP/1.1 200 OK\r\nx: " + b"h" * 20_000 + b"\r\n\r\n"), 10, "no usable response from "),
        (hanging, 0.05, r"^no response within 0\.05 s$"),
        (half_answering, 0.05, r"^no response within 0\.05 s$"),
    ],
    ids=["closed early", "cut off in the body", "no HTTP", "oversize header", "hanging", "hanging in the body"],
)
async def test_no_response_is_one_error_with_a_sentence(
    client: Client, conversation: Conversation, within: float, sentence: str
) -> None:
    async with subscriber(conversation) as base:
        with pytest.raises(NoAnswer, match=sentence):
            await send(client, base, within)


async def test_a_refused_connection_names_the_address(client: Client) -> None:
    async with subscriber(hanging) as base:
        pass
    with pytest.raises(NoAnswer, match=rf"^cannot connect to {base} \(Connect.*\)$"):
        await send(client, base)


async def test_an_address_that_is_none_is_no_answer(client: Client) -> None:
    with pytest.raises(NoAnswer, match="no usable response from http://:no-port"):
        await send(client, "http://:no-port")


@pytest.mark.parametrize("declared", [True, False])
async def test_a_huge_response_is_not_read_to_its_end(
    client: Client, monkeypatch: pytest.MonkeyPatch, *, declared: bool
) -> None:
    monkeypatch.setattr(module, "MAX_RESPONSE_BYTES", 100_000)
    length = b"content-length: 1000000000000\r\n" if declared else b"connection: close\r\n"
    async with subscriber(answering(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n", b"x" * 100_001)) as base:
        with pytest.raises(NoAnswer, match="the response is larger than 100000 bytes"):
            await send(client, base)


async def test_the_largest_response_is_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RESPONSE_BYTES", 100_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
    async with subscriber(answering(head, b"x" * 100_000)) as base:
        assert len((await send(client, base)).body) == 100_000
