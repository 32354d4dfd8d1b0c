"""CloudEvents over HTTP: what is read, what is refused, what is written."""

import base64
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from step import Event, binding
from step.errors import NotAnEvent

REQUIRED = {"specversion": "1.0", "id": "1", "source": "//x", "type": "t"}
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


def read(headers: dict[str, str], body: bytes = b"") -> Event:
    return binding.read(list(headers.items()), body)


def binary(**attributes: str) -> dict[str, str]:
    return {f"ce-{name}": value for name, value in (REQUIRED | attributes).items()}


def structured(members: dict[str, object]) -> Event:
    return read(
        {"content-type": "application/cloudevents+json; charset=utf-8"}, msgspec.json.encode(REQUIRED | members)
    )


def test_binary_mode_takes_attributes_from_headers_whatever_their_case() -> None:
    headers = {name.title(): value for name, value in binary(ext="e").items()} | {
        "Content-Type": "text/plain",
        "Accept": "*",
    }
    assert read(headers, b"hi") == Event(REQUIRED | {"ext": "e", "datacontenttype": "text/plain"}, b"hi")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("za%C5%BC%C3%B3%C5%82w", "zażółw"),
        ("żółw".encode().decode("latin-1"), "żółw"),
        ("a%20b%22%25", 'a b"%'),
        ('"a \\"b\\""', 'a "b"'),
        ('"%C5%BC"', "ż"),
    ],
)
def test_a_header_is_unquoted_then_percent_decoded(header: str, value: str) -> None:
    assert read(binary(subject=header)).attributes["subject"] == value


@given(TEXT, TEXT)
def test_what_is_written_is_read_back(subject: str, content_type: str) -> None:
    event = Event(REQUIRED | {"subject": subject}, b"\x00")
    headers = binding.write(event)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert read(headers, event.data) == event


def test_structured_mode_takes_attributes_from_the_body() -> None:
    event = structured({"count": 3, "yes": True, "nothing": None, "datacontenttype": "a/b+json", "data": [1]})
    assert event == Event(REQUIRED | {"count": "3", "yes": "true", "datacontenttype": "a/b+json"}, b"[1]")


def test_structured_data_keep_the_text_of_their_numbers() -> None:
    body = b'{"specversion":"1.0","id":"1","source":"//x","type":"t","data":{"price": 12.50}}'
    event = read({"content-type": "application/cloudevents+json"}, body)
    assert (event.data, event.attributes["datacontenttype"]) == (b'{"price": 12.50}', "application/json")


def test_structured_text_and_bytes_are_unwrapped() -> None:
    assert structured({"datacontenttype": "text/plain", "data": "hi"}).data == b"hi"
    assert structured({"data": "hi"}).data == b'"hi"'
    assert structured({"data_base64": base64.b64encode(b"\xff").decode()}).data == b"\xff"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_attribute_is_named(name: str) -> None:
    with pytest.raises(NotAnEvent, match=f"not a CloudEvent: {name} missing"):
        read(binary(**{name: ""}))


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        (binary(specversion="2.0"), b"", "specversion 2.0 (send 1.0)"),
        (binary(id="a%00"), b"", "the attribute id holds control characters"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", "send application/cloudevents+json"),
        ({"content-type": "application/cloudevents+json"}, b"{bad", "not a CloudEvent in JSON format"),
        ({"content-type": "application/cloudevents+json"}, b"\xff", "not a CloudEvent in JSON format"),
        ({"content-type": "application/cloudevents+json"}, b'{"id": 1.5}', "not a CloudEvent in JSON format"),
        ({"content-type": "application/cloudevents+json"}, b'{"data_base64": "!"}', "not a CloudEvent in JSON format"),
        ({"content-type": "application/json"}, b"{}", "specversion, id, source, type missing"),
    ],
)
def test_what_is_not_a_cloud_event_is_refused_with_the_reason(
    headers: dict[str, str], body: bytes, message: str
) -> None:
    with pytest.raises(NotAnEvent, match=re.escape(message)):
        read(headers, body)


def test_a_dead_letter_is_taken_whatever_its_attributes_hold() -> None:
    dead = read(binary(id="a%00b", knativeerrordest="http://invoice.cabs/", knativeerrordata="%0A"))
    assert (dead.id, dead.attributes["knativeerrordata"]) == ("a\x00b", "\n")
