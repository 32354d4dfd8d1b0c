"""`mesh send`, up to the bytes that a broker gets."""

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from support.command_line import Command
from support.ingress import Ingress


def sent(ingress: Ingress) -> tuple[dict[str, str], bytes]:
    ((path, headers, body),) = ingress.requests
    assert path == "/cabs/default"
    return headers, body


def structured(ingress: Ingress) -> dict[str, Any]:
    headers, body = sent(ingress)
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event: dict[str, Any] = json.loads(body)
    return event


def test_an_event_is_sent_as_kn_sends_it(mesh: Command, ingress: Ingress) -> None:
    said = mesh("send", "--type", "cabs.rides.complete-ride", "--id", "e-1", "--source", "/app", "--field", "a.b=12")

    headers, body = sent(ingress)
    assert (said.status, said.out, said.err) == (0, "e-1\n", "")
    assert {name: headers[f"ce-{name}"] for name in ("id", "type", "source", "specversion")} == {
        "id": "e-1",
        "type": "cabs.rides.complete-ride",
        "source": "/app",
        "specversion": "1.0",
    }
    assert "ce-time" in headers
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"a": {"b": 12}}


def test_without_flags_the_event_is_that_of_kn(mesh: Command, ingress: Ingress) -> None:
    said = mesh("send")

    headers, body = sent(ingress)
    assert str(uuid.UUID(said.out.strip())) == headers["ce-id"]
    assert headers["ce-type"] == "dev.knative.cli.plugin.event.generic"
    assert body == b"{}"


def test_attribute_values_are_percent_encoded(mesh: Command, ingress: Ingress) -> None:
    mesh("send", "--subject", 'Euro € "100%" 😀', "--extension", "note=a b\n")

    headers, _ = sent(ingress)
    assert headers["ce-subject"] == "Euro%20%E2%82%AC%20%22100%25%22%20%F0%9F%98%80"
    assert headers["ce-note"] == "a%20b%0A"


def test_a_structured_event_is_one_json_object(mesh: Command, ingress: Ingress) -> None:
    mesh("send", "--mode", "structured", "--id", "e-1", "--field", "a=1", "--extension", "tenant=x", "--subject", "s €")

    event = structured(ingress)
    assert event["data"] == {"a": 1}
    assert (event["id"], event["tenant"], event["subject"]) == ("e-1", "x", "s €")
    assert event["datacontenttype"] == "application/json"


@pytest.mark.parametrize(("content", "member"), [(b"text", {"data": "text"}), (b"\xff\x00", {"data_base64": "/wA="})])
def test_other_data_in_structured_mode_is_text_or_base64(
    mesh: Command, ingress: Ingress, tmp_path: Path, content: bytes, member: dict[str, str]
) -> None:
    (tmp_path / "data").write_bytes(content)

    mesh("send", "--mode", "structured", "--content-type", "text/plain", "--data", f"@{tmp_path}/data")

    assert structured(ingress).items() >= member.items()


def test_the_whole_data_is_sent_as_written(mesh: Command, ingress: Ingress) -> None:
    mesh("send", "--data", '{"a":  1.50}')

    assert sent(ingress)[1] == b'{"a":  1.50}'


def test_data_is_read_from_standard_input(mesh: Command, ingress: Ingress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[1]")))

    assert mesh("send", "--data", "-").status == 0
    assert sent(ingress)[1] == b"[1]"


def test_a_url_needs_no_running_mesh(run: Command, ingress: Ingress) -> None:
    said = run("send", "--to", ingress.url, "--id", "e-1", "-o", "json")

    assert said.status == 0
    assert json.loads(said.out).items() >= {"id": "e-1", "status": 202, "to": ingress.url}.items()


def test_a_broker_is_found_by_name(mesh: Command, ingress: Ingress) -> None:
    assert mesh("send", "--to", "broker:default:cabs").status == 0
    assert mesh("send", "--to", "broker:other").err == (
        "mesh: there is no such broker here; --to takes a URL or one of: broker:default:cabs\n"
    )


def test_a_refused_event_is_told_with_status_and_body(mesh: Command, ingress: Ingress) -> None:
    ingress.status, ingress.body = 400, b"id is missing"

    said = mesh("send")

    assert (said.status, said.out) == (1, "")
    assert said.err == f"mesh: {ingress.url} answered 400 Bad Request: id is missing\n"


def test_a_broker_that_is_away_is_told(run: Command) -> None:
    said = run("send", "--to", "http://127.0.0.1:9/cabs/default")

    assert said.status == 1
    assert "http://127.0.0.1:9/cabs/default does not answer: " in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--field", "a"], "'a' has no '='"),
        (["--raw-field", "a"], "'a' has no '='"),
        (["--field", "a=1", "--field", "a.b=1"], "field a.b needs an object"),
        (["--data", "{}", "--field", "a=1"], "leave out --field and --raw-field"),
        (["--data", "{far}"], "is no JSON"),
        (["--data", "@/nowhere"], "cannot read '/nowhere'"),
        (["--id", ""], "the event's id is empty"),
        (["--subject", " "], "the event's subject is empty"),
        (["--source", "a b"], "source 'a b' is no URI reference"),
        (["--id", "\udcff"], "this is no event: "),
        (["--extension", "Tenant=x"], "the name of an extension has only a-z and 0-9"),
        (["--extension", "subject=x"], "this attribute is no extension"),
        (["--to", "nowhere"], "neither a URL"),
        (["--mode", "batch"], "invalid choice: 'batch'"),
    ],
)
def test_wrong_flags_are_one_sentence_and_nothing_is_sent(
    mesh: Command, ingress: Ingress, arguments: list[str], sentence: str
) -> None:
    said = mesh("send", *arguments)

    assert (said.status, said.out) == (2, "")
    assert sentence in said.err
    assert ingress.requests == []
