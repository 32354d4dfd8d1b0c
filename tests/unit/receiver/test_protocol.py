"""HTTP as bytes: what is answered, in which order, and when a connection ends. No sockets here."""

import pytest

from mesh.receiver.ingress import Received
from mesh.receiver.protocol import MAX_PIPELINED
from support.serving import ACCEPTED, CHUNKED, Client, Inlet, post, refusal


def bodies(inlet: Inlet) -> list[bytes | None]:
    return [event.data for event in inlet.events]


async def test_the_bytes_of_an_acceptance(client: Client) -> None:
    assert await client.send(post(b"{}")) == b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


async def test_a_request_may_come_byte_by_byte(client: Client, inlet: Inlet) -> None:
    request = post(b'{"km": 12.50}')
    assert await client.send(*(request[at : at + 1] for at in range(len(request)))) == ACCEPTED
    assert bodies(inlet) == [b'{"km": 12.50}']


async def test_a_connection_is_used_again(client: Client) -> None:
    assert [await client.send(post()) for _ in range(3)] == [ACCEPTED] * 3


async def test_pipelined_requests_are_answered_in_their_order(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    assert await client.send(post(b"1") + post(b"2") + post(target=b"/nowhere")) == b""
    second, first = inlet.pending[1], inlet.pending[0]
    second.set_result(True)
    assert await client.send() == b""
    first.set_result(True)
    assert await client.send() == ACCEPTED * 2 + refusal(b"404 Not Found", close=False)
    assert bodies(inlet) == [b"1", b"2"]


async def test_one_who_pipelines_too_much_waits(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    await client.send(post() * (MAX_PIPELINED + 1))
    assert not client.transport.reading
    for stored in inlet.pending:
        stored.set_result(True)
    assert await client.send() == ACCEPTED * (MAX_PIPELINED + 1)
    assert client.transport.reading


async def test_one_who_does_not_read_answers_may_not_ask_more(client: Client) -> None:
    client.connection.pause_writing()
    assert not client.transport.reading
    await client.send(post())
    assert not client.transport.reading
    client.connection.resume_writing()
    assert client.transport.reading


@pytest.mark.parametrize(
    ("last", "answer"),
    [
        (b"connection: close\r\n", b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        (b"", ACCEPTED),
    ],
)
async def test_a_connection_closes_when_the_client_says_so(client: Client, last: bytes, answer: bytes) -> None:
    assert await client.send(post(headers=last)) == answer
    assert client.transport.state == ("closed" if last else "open")


async def test_nothing_after_the_last_request_is_answered(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    await client.send(post(headers=b"connection: close\r\n") + post(), b"\r\n\r\n")
    inlet.pending[0].set_result(True)
    assert await client.send() == refusal(b"202 Accepted")


async def test_a_404_comes_before_the_body(client: Client, inlet: Inlet) -> None:
    request = post(b"x" * 100, target=b"/nowhere")
    assert await client.send(request[:-100]) == refusal(b"404 Not Found", close=False)
    assert await client.send(request[-100:]) == b""
    assert await client.send(post()) == ACCEPTED
    assert len(inlet.events) == 1


async def test_continue_is_said_to_one_who_asks_before_sending(client: Client, inlet: Inlet) -> None:
    request = post(b"body", headers=b"Expect: 100-Continue\r\n")
    assert await client.send(request[:-4]) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert await client.send(request[-4:]) == ACCEPTED
    assert bodies(inlet) == [b"body"]


async def test_continue_waits_for_the_answers_before_it(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    request = post(b"body", headers=b"expect: 100-continue\r\n")
    assert await client.send(post() + request[:-4]) == b""
    inlet.pending[0].set_result(True)
    assert await client.send() == ACCEPTED + b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "status", "answer"),
    [(b"/nowhere", b"404 Not Found", False), (b"/cabs/default", b"503 Service Unavailable", True)],
    ids=["unknown broker", "too large"],
)
async def test_no_continue_for_what_is_refused(client: Client, target: bytes, status: bytes, *, answer: bool) -> None:
    request = post(headers=b"expect: 100-continue\r\ncontent-length: 2000000\r\n", target=target)
    assert await client.send(request.replace(b"content-length: 0\r\n", b"")) == refusal(status, close=answer)


async def test_a_chunked_body_is_put_together_and_its_trailers_are_no_attributes(client: Client, inlet: Inlet) -> None:
    assert await client.send(CHUNKED, b"2\r\nab\r\n3;x=y\r\ncde\r\n", b"0\r\nce-subject: late\r\n\r\n") == ACCEPTED
    assert bodies(inlet) == [b"abcde"]
    assert "subject" not in inlet.events[0].attributes


@pytest.mark.parametrize("split", [0, 40, 200])
async def test_an_offer_to_upgrade_is_declined_and_the_request_taken(client: Client, inlet: Inlet, split: int) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    request = post(b"POST /smuggled HTTP/1.1\r\n\r\n", headers=offer)
    assert await client.send(request[:split], request[split:] + post(b"next")) == ACCEPTED * 2
    assert bodies(inlet) == [b"POST /smuggled HTTP/1.1\r\n\r\n", b"next"]


async def test_connect_is_not_allowed(client: Client) -> None:
    assert await client.send(b"CONNECT mesh:80 HTTP/1.1\r\n\r\nwhatever") == refusal(b"405 Method Not Allowed")


async def test_draining_answers_what_came_in_whole_and_closes(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    await client.send(post() + post(b"unfinished")[:-3])
    client.connection.close_when_idle()
    assert client.transport.state == "open"
    inlet.pending[0].set_result(True)
    assert await client.send() == refusal(b"202 Accepted")
    assert client.transport.state == "closed"


@pytest.mark.parametrize(
    "sent", [b"", post()[:30], post(b"unfinished")[:-3]], ids=["idle", "in the head", "in the body"]
)
async def test_draining_closes_at_once_what_owes_no_answer(client: Client, sent: bytes) -> None:
    await client.send(sent)
    client.connection.close_when_idle()
    assert client.transport.state == "closed"


async def test_one_who_has_finished_sending_still_gets_the_answer(client: Client, inlet: Inlet) -> None:
    inlet.at_once = False
    await client.send(post())
    assert client.connection.eof_received()
    inlet.pending[0].set_result(True)
    assert await client.send() == refusal(b"202 Accepted")
    assert client.transport.state == "closed"


async def test_nobody_is_written_to_after_leaving_and_the_event_is_stored_all_the_same(
    client: Client, inlet: Inlet
) -> None:
    inlet.at_once = False
    await client.send(post())
    client.connection.connection_lost(None)
    assert client.gone
    inlet.pending[0].set_result(True)
    assert await client.send() == b""
    assert len(inlet.events) == 1


async def test_a_mistake_of_ours_is_a_500_in_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(Received, "handle")
    assert await client.send(post()) == refusal(b"500 Internal Server Error")
    assert "a request could not be handled" in caplog.text
