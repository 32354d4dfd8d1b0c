"""Both delivery clients against real sockets: what a subscriber may do to them, and what they say on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from mesh.broker import aiohttp_client, subscriber_connection
from mesh.broker import client as client_module
from mesh.broker.aiohttp_client import AiohttpClient
from mesh.broker.client import HttpClient
from mesh.broker.subscriber_connection import SubscriberConnection
from mesh.errors import NoAnswer
from mesh.wire import Request, Response

Client = HttpClient | AiohttpClient
Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
REQUEST = Request("POST", "/%41%2fb?c=%c3%a9", "prefer: reply\r\nce-id: Z%C3%BCrich\r\nx: 1\r\nx: 2\r\n", b"{}")
HEAD = b"HTTP/1.1 200 OK\r\n"
OK = HEAD + b"content-length: 2\r\n\r\nok"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class PromptClient(HttpClient):
    """Begins what it can without waiting."""

    async def send(self, base: str, request: Request, *, within: float) -> Response:
        answered: asyncio.Future[Response | Exception] = asyncio.get_running_loop().create_future()
        with suppress(ValueError):
            if self.begin(base, request, within=within, then=answered.set_result):
                answer = await answered
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return await super().send(base, request, within=within)


@pytest.fixture(params=[HttpClient, PromptClient, AiohttpClient])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with request.param() as opened:
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
        await client.send(base, Request("POST", "/", ""), within=10)
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


async def test_what_is_only_informational_is_not_the_response(client: Client) -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nx: 1\r\n\r\n"
    async with subscriber(answering(early, OK)) as base:
        response = await send(client, base)
    assert (response.status, response.header("x"), response.body) == (200, None, b"ok")


async def test_a_body_without_a_length_ends_with_its_connection(client: Client) -> None:
    async with subscriber(answering(HEAD + b"\r\n", b"o", b"k")) as base:
        assert (await send(client, base)).body == b"ok"


async def test_a_line_end_in_the_path_makes_no_header() -> None:
    async with subscriber(answering(OK)) as base, HttpClient() as client:
        with pytest.raises(NoAnswer, match="no usable response from "):
            await client.send(base, Request("POST", "/ HTTP/1.1\r\nx: 2", ""), within=10)


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


async def test_a_connection_that_the_subscriber_closed_meanwhile_is_not_used_again(client: Client) -> None:
    async with subscriber(answering(OK)) as base:
        for _ in range(3):
            assert (await send(client, base)).body == b"ok"
            await asyncio.sleep(0.01)  # the end of the connection arrives


@pytest.mark.parametrize("first", [OK, NO_CONTENT], ids=["a body", "no content"])
async def test_a_request_is_sent_once_even_when_a_connection_used_again_dies(client: Client, first: bytes) -> None:
    heard = 0

    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        for answer in (first, b""):
            await reader.readuntil(b"\r\n\r\n{}")
            heard += 1
            writer.write(answer)

    async with subscriber(dying) as base:
        await send(client, base)
        with pytest.raises(NoAnswer, match="closed the connection before it answered"):
            await send(client, base)
    assert heard == 2


@pytest.mark.parametrize(
    ("conversation", "sentence"),
    [
        (answering(), "closed the connection before it answered"),
        (answering(OK[:-1]), "no usable response from "),
        (
            answering(b"HTTP/1.1 100 Continue\r\n\r\n"),
            "no usable response from |closed the connection before it answered",
        ),
        (answering(HEAD + b"content-le"), "no usable response from |closed the connection before it answered"),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "no usable response from "),
        (answering(HEAD + b"x: " + b"h" * 70_000 + b"\r\n\r\n"), "no usable response from |head is larger than 65536"),
        (answering(HEAD + b"x: y\r\n" * 12_000 + b"\r\n"), "no usable response from |head is larger than 65536"),
    ],
    ids=[
        "closed early",
        "cut off in the body",
        "cut off after a 100",
        "cut off in the head",
        "no HTTP",
        "oversize header",
        "many",
    ],
)
async def test_no_response_is_one_error_with_a_sentence(
    client: Client, conversation: Conversation, sentence: str
) -> None:
    async with subscriber(conversation) as base:
        with pytest.raises(NoAnswer, match=sentence):
            await send(client, base)


@pytest.mark.parametrize("conversation", [hanging, half_answering])
async def test_what_is_too_slow_is_hung_up_on(client: Client, conversation: Conversation) -> None:
    hung_up = asyncio.Event()

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionResetError):
            await conversation(reader, writer)
        hung_up.set()

    async with subscriber(listening) as base:
        with pytest.raises(TimeoutError):
            await send(client, base, 0.05)
        await hung_up.wait()


async def test_what_is_cancelled_is_hung_up_on(client: Client) -> None:
    heard, hung_up = asyncio.Event(), asyncio.Event()

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        with suppress(ConnectionResetError):
            await hanging(reader, writer)
        hung_up.set()

    async with subscriber(listening) as base, asyncio.timeout(20):
        sending = asyncio.create_task(send(client, base, 600))
        await heard.wait()
        sending.cancel()
        await hung_up.wait()


async def test_each_request_on_a_connection_has_its_own_time(client: Client) -> None:
    connections = 0

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for pause_seconds in (0, 0.1):
            await reader.readuntil(b"\r\n\r\n{}")
            await asyncio.sleep(pause_seconds)
            writer.write(OK)
        await reader.read()

    async with subscriber(listening) as base, asyncio.timeout(20):
        await send(client, base, 0.05)
        await send(client, base, 60)  # the first one's time ends meanwhile
        with pytest.raises(TimeoutError):
            await send(client, base, 0.05)
    assert connections == 1


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
    for module in (subscriber_connection, aiohttp_client):
        monkeypatch.setattr(module, "MAX_RESPONSE_BYTES", 100_000)
    length = b"content-length: 1000000000000\r\n" if declared else b"connection: close\r\n"
    async with subscriber(answering(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n", b"x" * 100_001)) as base:
        with pytest.raises(NoAnswer, match="the response is larger than 100000 bytes"):
            await send(client, base)


async def test_the_largest_response_is_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (subscriber_connection, aiohttp_client):
        monkeypatch.setattr(module, "MAX_RESPONSE_BYTES", 100_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
    async with subscriber(answering(head, b"x" * 100_000)) as base:
        assert len((await send(client, base)).body) == 100_000


async def test_connections_that_nobody_uses_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(client_module, "SWEEP_SECONDS", 0.01)
    closed = asyncio.Event()

    async def keeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(OK)(reader, writer)
        with suppress(ConnectionResetError):
            await reader.read()
        closed.set()

    async with HttpClient() as client, subscriber(keeping) as base:
        await send(client, base)
        await closed.wait()
        assert not client._idle


async def test_what_comes_unasked_is_no_response() -> None:
    async with HttpClient() as client, subscriber(answering(OK + OK)) as base:
        await send(client, base)
        assert client._kept(base) is None


async def test_only_where_a_connection_is_kept_is_anything_sent_without_waiting() -> None:
    async with HttpClient() as client, subscriber(answering(OK, OK)) as base:
        assert client.begin(base, REQUEST, within=10, then=list[object]().append) is None


async def test_one_who_hangs_up_is_told_nothing_more() -> None:
    hung_up = asyncio.Event()

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(OK)(reader, writer)
        with suppress(ConnectionResetError):
            await hanging(reader, writer)
        hung_up.set()

    told = list[Response | Exception]()
    async with HttpClient() as client, subscriber(listening) as base:
        await send(client, base)
        hang_up = client.begin(base, REQUEST, within=10, then=told.append)
        assert hang_up is not None
        hang_up()
        await hung_up.wait()
        assert client.begin(base, REQUEST, within=10, then=told.append) is None
    assert told == []


async def test_one_who_is_cancelled_once_its_answer_is_here_hangs_up_on_nobody() -> None:
    second: asyncio.Future[Response | Exception] = asyncio.get_running_loop().create_future()

    class Handing(HttpClient):
        """Gives a connection to the next one as soon as it is kept, and has the first one cancelled."""

        def _keep(self, connection: SubscriberConnection) -> None:
            super()._keep(connection)
            asyncio.get_running_loop().call_soon(self._hand_on)

        def _hand_on(self) -> None:
            if self.begin(base, REQUEST, within=10, then=second.set_result):
                first.cancel()

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(OK)(reader, writer)
        await answering(OK)(reader, writer)

    async with Handing() as client, subscriber(twice) as base:
        first = asyncio.create_task(send(client, base))
        async with asyncio.timeout(10):
            answer = await second
        assert isinstance(answer, Response)
        assert answer.body == b"ok"


async def test_another_protocol_is_no_response() -> None:
    upgrade = b"HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    async with HttpClient() as client, subscriber(answering(upgrade)) as base:
        with pytest.raises(NoAnswer, match="no usable response from "):
            await send(client, base)
