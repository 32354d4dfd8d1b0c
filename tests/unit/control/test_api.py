"""What the console answers, byte for byte where a program reads it."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from mesh.control.api import MAX_BODY_BYTES
from mesh.control.routes import ROUTES
from support.operations import InMemoryOperations, served


def ask(url: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()
    finally:
        connection.close()


def failure(answer: tuple[int, str, bytes]) -> tuple[int, Any]:
    status, content_type, body = answer
    assert content_type == "application/json"
    return status, json.loads(body)["error"]


def test_the_status_has_the_names_that_the_design_gives(url: str) -> None:
    status, content_type, body = ask(url, "GET", "/status")

    assert (status, content_type) == (200, "application/json")
    document = json.loads(body)
    assert document["brokers"][0].keys() == {"namespace", "name", "class", "url"}
    scaling = {"replicas", "wanted", "starting", "held", "in_flight", "mode", "failure"}
    assert document["functions"][0].keys() == {"namespace", "name", "url"} | scaling


def test_another_host_is_refused(url: str) -> None:
    status, sentence = failure(ask(url, "GET", "/status", Host="evil.example"))

    assert (status, sentence) == (403, "GET /status: the Host or Origin is not the console's own")


def test_a_page_of_another_origin_is_refused(mesh: InMemoryOperations, url: str) -> None:
    answer = ask(url, "POST", "/faults", b'{"trigger": "cabs/invoice", "drop": true}', Origin="http://evil.example")

    assert failure(answer)[0] == 403
    assert mesh.faults == []


def test_its_own_page_may_ask(url: str) -> None:
    assert ask(url, "GET", "/status", Origin=url)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("GET", "/trace", None, "Object missing required field `id`"),
        ("GET", "/drained?kind=x", None, "Object contains unknown field `kind`"),
        ("POST", "/faults", b"{", "Input data was truncated"),
        ("POST", "/faults", b'{"trigger": "t"}', "a fault is exactly one of status, delay and drop"),
        ("POST", "/faults", b'{"trigger": "t", "status": 7}', "Expected `int` >= 200 - at `$.status`"),
        ("POST", "/faults", b'{"trigger": "t", "drop": true, "times": 0}', "Expected `int` >= 1 - at `$.times`"),
        ("POST", "/dead-letters/replay", b"{}", "name the dead letters to replay, or ask for all of them"),
        ("POST", "/dead-letters/replay", b'{"all": true, "data": "x"}', "exactly one dead letter"),
        ("POST", "/dead-letters/discard", b'{"ids": []}', "length >= 1"),
    ],
)
def test_a_wrong_request_is_400_and_says_why(
    url: str, method: str, path: str, body: bytes | None, sentence: str
) -> None:
    status, said = failure(ask(url, method, path, body))

    assert status == 400
    assert sentence in said


def test_an_unknown_path_is_404(url: str) -> None:
    assert failure(ask(url, "GET", "/nothing")) == (404, "GET /nothing: Not Found")


def test_another_method_is_405(url: str) -> None:
    assert failure(ask(url, "PUT", "/faults"))[0] == 405


def test_an_oversized_body_is_413(url: str) -> None:
    assert failure(ask(url, "POST", "/faults", b" " * (MAX_BODY_BYTES + 1)))[0] == 413


def test_the_index_names_every_route(url: str) -> None:
    _, _, body = ask(url, "GET", "/")

    assert all(route.path in body.decode() for route in ROUTES)


def test_metrics_are_in_prometheus_text(url: str) -> None:
    _, content_type, body = ask(url, "GET", "/metrics")

    assert content_type == "text/plain; version=0.0.4"
    assert 'mesh_events_pending{namespace="cabs",broker="default",trigger="invoice"} 1\n' in body.decode()
    assert 'mesh_function_replicas{namespace="cabs",function="invoice"} 2\n' in body.decode()


def test_a_stream_is_json_lines(url: str) -> None:
    status, content_type, body = ask(url, "GET", "/functions/invoice/logs")

    assert (status, content_type) == (200, "application/jsonl")
    assert json.loads(body)["line"] == "up"


def test_a_refused_stream_has_a_status_of_its_own(url: str) -> None:
    assert failure(ask(url, "GET", "/functions/nobody/logs")) == (404, "no function nobody here")
    assert failure(ask(url, "GET", "/functions/broken/logs")) == (409, "the log cannot be read")


def test_open_streams_end_when_the_mesh_stops(mesh: InMemoryOperations) -> None:
    mesh.stays_open = True
    with served(mesh) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/events")
        response = connection.getresponse()

    assert response.read().strip() == b""
    assert mesh.closed_streams == 1
    connection.close()
