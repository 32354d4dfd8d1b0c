"""CloudEvents in both HTTP content modes, read and written."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.event import Event, NotACloudEvent, from_http
from mesh.event_lines import to_lines
from mesh.wire import pairs

REQUIRED = {"specversion": "1.0", "id": "e-1", "source": "/app", "type": "ride"}
STRUCTURED = [(b"Content-Type", b"Application/CloudEvents+JSON ; charset=UTF-8")]
MEMBERS = b'"specversion":"1.0","id":"e-1","source":"/app","type":"ride"'


def headers(**more: str) -> list[tuple[bytes, bytes]]:
    return [(f"CE-{name}".encode(), value.encode()) for name, value in (REQUIRED | more).items() if value]


def structured(members: bytes, required: bytes = MEMBERS) -> Event:
    return from_http(STRUCTURED, b"{" + required + (b"," if members and required else b"") + members + b"}")


def test_a_binary_message_is_headers_and_bytes() -> None:
    event = from_http([*headers(subject="ride/1"), (b"content-type", b"text/plain; charset=x")], b"\x00\xff")
    assert event == Event(REQUIRED | {"subject": "ride/1", "datacontenttype": "text/plain; charset=x"}, b"\x00\xff")


def test_an_empty_body_is_no_data() -> None:
    assert from_http(headers(), b"").data is None


def test_a_structured_message_says_the_same_as_a_binary_one() -> None:
    members = b'"subject":"ride/1","datacontenttype":"application/json","data":{"km": 12.50}'
    binary = from_http([*headers(subject="ride/1"), (b"content-type", b"application/json")], b'{"km": 12.50}')
    assert structured(members) == binary


@pytest.mark.parametrize(
    ("data", "stored"),
    [
        (b'{"km":12.50, "n":1e2}', b'{"km":12.50, "n":1e2}'),
        (b"12.50", b"12.50"),
        (b"123456789012345678901234567890", b"123456789012345678901234567890"),
        (b'"text"', b'"text"'),
        (b"[ 1 ]", b"[ 1 ]"),
        (b"null", None),
    ],
)
def test_json_data_is_stored_as_it_was_written(data: bytes, stored: bytes | None) -> None:
    assert structured(b'"data":' + data).data == stored
    assert structured(b'"datacontenttype":"application/x+json; a=b","data":' + data).data == stored


def test_text_data_of_another_media_type_is_the_text_itself() -> None:
    assert structured(b'"datacontenttype":"text/plain","data":"caf\\u00e9\\n"').data == "café\n".encode()


def test_base64_data_is_bytes() -> None:
    assert structured(b'"data_base64":"AP8="').data == b"\x00\xff"


def test_members_are_text_as_binary_mode_writes_them() -> None:
    event = structured(b'"yes":true,"no":false,"count":12,"gone":null')
    assert {name: event.attributes.get(name) for name in ("yes", "no", "count", "gone")} == {
        "yes": "true",
        "no": "false",
        "count": "12",
        "gone": None,
    }


def test_an_event_of_0_3_is_carried_as_it_came() -> None:
    assert from_http(headers(specversion="0.3", schemaurl="/s"), b"1").attributes == REQUIRED | {
        "specversion": "0.3",
        "schemaurl": "/s",
    }


def test_data_of_0_3_may_be_base64() -> None:
    old = MEMBERS.replace(b"1.0", b"0.3")
    event = structured(b'"datacontentencoding":"base64","datacontenttype":"image/png","data":"AP8="', old)
    assert event == Event(REQUIRED | {"specversion": "0.3", "datacontenttype": "image/png"}, b"\x00\xff")


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (b"Z%C3%BCrich", "Zürich"),
        ("Zürich".encode(), "Zürich"),
        (b"Z\xfcrich", "Zürich"),
        (b"50%25%20off", "50% off"),
        (b"100%", "100%"),
        (b"%F0%9F%9A%95", "🚕"),
        (b'"say \\"hi\\" %41"', 'say "hi" A'),
        (b'"', '"'),
        (b"  trimmed\t", "trimmed"),
        (b"%20kept%20", " kept "),
    ],
)
def test_header_values_are_unquoted_and_percent_decoded_once(sent: bytes, value: str) -> None:
    assert from_http([*headers(), (b"ce-name", sent)], b"").attributes["name"] == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Zürich", "Z%C3%BCrich"),
        ('a "b" %', "a%20%22b%22%20%25"),
        ("!~/:[]", "!~/:[]"),
        ("a\r\nb", "a%0D%0Ab"),
        ("", ""),
    ],
)
def test_attributes_are_written_percent_encoded(value: str, written: str) -> None:
    assert dict(pairs(to_lines(Event(REQUIRED | {"name": value}))))["ce-name"] == written


def test_trace_context_is_carried_beside_the_attributes() -> None:
    trace = {"traceparent": "00-ab-cd-01", "tracestate": "a=b", "baggage": "c=d"}
    sent = [(name.title().encode(), value.encode()) for name, value in trace.items()]
    event = from_http([*headers(traceparent="ours"), *sent, (b"x-request-id", b"1")], b"")
    assert event.headers == trace
    assert event.attributes["traceparent"] == "ours"
    assert [pair for pair in pairs(to_lines(event)) if not pair[0].startswith("ce-")] == list(trace.items())


def test_no_value_can_end_its_header() -> None:
    event = Event(REQUIRED | {"datacontenttype": "a/b\r\nx: y"}, b"", {"tracestate": "a\nb"})
    assert dict(pairs(to_lines(event)))["content-type"] == "a/bx: y"
    assert dict(pairs(to_lines(event)))["tracestate"] == "ab"
    as_it_is = to_lines(Event(REQUIRED | {"name": "a\r\nb"}), write=str)
    assert dict(pairs(as_it_is))["ce-name"] == "ab"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"specversion": "2.0"}, "specversion is '2.0', not one of 1.0, 0.3"),
        ({"id": ""}, "id is missing or empty"),
        ({"source": ""}, "source is missing or empty"),
        ({"type": "%20"}, "type is missing or empty"),
        ({"two-words": "x"}, "attribute name 'two-words' has characters other than a-z and 0-9"),
        ({"source": "a%20b"}, "source 'a b' is no URI reference"),
        ({"time": "yesterday"}, "time 'yesterday' is not RFC 3339"),
    ],
)
def test_a_binary_message_is_refused_with_a_sentence(sent: dict[str, str], sentence: str) -> None:
    with pytest.raises(NotACloudEvent, match=f"^{re.escape(sentence)}$"):
        from_http(headers(**sent), b"")


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (b'"data":1,"data_base64":"AP8="', "both data and data_base64 are set"),
        (b'"data_base64":"A"', "data_base64 is not base64 text: "),
        (b'"data_base64":7', "data_base64 is not base64 text: "),
        (b'"km":12.5', "attribute km is neither text, a whole number nor a boolean"),
        (b'"km":{}', "attribute km is neither text, a whole number nor a boolean"),
        (b'"no_name":"x"', "attribute name 'no_name' has characters other than a-z and 0-9"),
        (b'"name":"\xff"', "the body is no JSON object of an event: "),
        (b'"name":"\\ud800"', "the body is no JSON object of an event: "),
        (b'"name":' + b"1" * 5000, "the body is no JSON object of an event: "),
        (b'"data":' + b"[" * 100_000, "the body is no JSON object of an event: "),
        (b'"datacontenttype":"text/plain","data":"\xff"', "the body is no JSON object of an event: "),
        (b'"open', "the body is no JSON object of an event: "),
    ],
)
def test_a_structured_message_is_refused_with_a_sentence(members: bytes, sentence: str) -> None:
    with pytest.raises(NotACloudEvent, match=f"^{re.escape(sentence)}"):
        structured(members)


@pytest.mark.parametrize("content_type", [b"application/json", b"application/cloudevents-batch+json", b""])
def test_what_is_in_neither_mode_is_refused(content_type: bytes) -> None:
    with pytest.raises(NotACloudEvent, match=r"^neither structured \(.*\) nor binary \(a ce-specversion header\)$"):
        from_http([(b"content-type", content_type)], b"{}")


@pytest.mark.parametrize(
    ("time", "valid"),
    [
        ("2026-05-04T10:00:00Z", True),
        ("2026-05-04t10:00:00.123456789z", True),
        ("2026-05-04T10:00:00+02:00", True),
        ("2026-05-04T10:00:00", False),
        ("2026-05-04 10:00:00Z", False),
        ("2026-05-04T10:00:00,5Z", False),
        ("2026-W19-1T10:00:00Z", False),
        ("20260504T100000Z", False),
        ("2026-13-04T10:00:00Z", False),
        ("2026-05-04T25:00:00Z", False),
        ("٢٠٢٦-05-04T10:00:00Z", False),
    ],
)
def test_times_are_rfc_3339(time: str, *, valid: bool) -> None:
    try:
        assert from_http(headers(time=time), b"").attributes["time"] == time
    except NotACloudEvent:
        assert not valid
    else:
        assert valid


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NOT_BLANK = TEXT.filter(str.strip)
EVENTS = st.builds(
    lambda required, optional, data: Event(required | optional, data or None),
    st.fixed_dictionaries(
        {
            "specversion": st.sampled_from(["1.0", "0.3"]),
            "id": NOT_BLANK,
            "source": st.from_regex(r"[!-~]+", fullmatch=True),
            "type": NOT_BLANK,
        }
    ),
    st.fixed_dictionaries({}, optional={"subject": TEXT, "name1": TEXT, "datacontenttype": st.just("text/plain")}),
    st.binary(),
)


@given(EVENTS)
def test_what_is_written_is_read_back_the_same(event: Event) -> None:
    assert (
        from_http(
            [(name.encode(), value.encode("latin-1")) for name, value in pairs(to_lines(event))], event.data or b""
        )
        == event
    )


@given(
    st.lists(st.tuples(st.sampled_from([b"ce-specversion", b"ce-id", b"ce-x", b"content-type"]), st.binary())),
    st.binary(),
)
def test_any_bytes_are_an_event_or_a_refusal(sent: list[tuple[bytes, bytes]], body: bytes) -> None:
    for message in (sent, STRUCTURED):
        with suppress(NotACloudEvent):
            from_http(message, body)
