"""A CloudEvent as a value, read from either HTTP content mode; it is written in `mesh.event_lines`.

Source: CloudEvents 1.0 (cloudevents/spec: spec.md, bindings/http-protocol-binding.md, formats/json-format.md); 0.3 is
carried as it came. Attribute values are text, as every hop of a Knative broker sends them in binary mode.
"""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import msgspec

from mesh.json_data import is_json, media_type

RawHeaders = Iterable[tuple[bytes, bytes]]

STRUCTURED = "application/cloudevents+json"
TRACE_HEADERS = ("traceparent", "tracestate", "baggage")
_TRACE_NAMES = tuple(name.encode() for name in TRACE_HEADERS)
_REQUIRED = ("id", "source", "type")
_VERSIONS = ("1.0", "0.3")
_NO_URI = re.compile(r"[\s\x00-\x1f]")
_RFC3339 = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE)
# Lines of printable ASCII less space, double quote and percent: what is written as it is (HTTP binding 3.1.3.2).
_PLAIN_LINES = re.compile(rb"[\n!#$&-~]*")


class NotACloudEvent(ValueError):  # noqa: N818 - it is the answer to a question, not a fault of ours
    """The message is no CloudEvent; the text says what is wrong with it."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Attributes with lower-case names (`datacontenttype` among them) and the bytes of the data.

    `headers` are HTTP headers that travel with it and are no attributes: trace context, and what a broker class adds.
    """

    attributes: dict[str, str]
    data: bytes | None = None
    headers: dict[str, str] = {}

    @property
    def id(self) -> str:
        return self.attributes["id"]

    @property
    def source(self) -> str:
        return self.attributes["source"]

    @property
    def type(self) -> str:
        return self.attributes["type"]

    def extended(self, extensions: Mapping[str, str]) -> "Event":
        """Return the event with these attributes added or replaced."""
        return Event(self.attributes | dict(extensions), self.data, self.headers)

    @property
    def trace(self) -> dict[str, str]:
        """The trace context among the headers."""
        return {name: value for name, value in self.headers.items() if name in TRACE_HEADERS}

    def with_headers(self, headers: dict[str, str]) -> "Event":
        """Return the event with these HTTP headers added to those that travel with it."""
        return Event(self.attributes, self.data, self.headers | headers) if headers else self


def attribute_text(value: bytes) -> str:
    """Undo quoting, then percent-encoding (HTTP binding 3.1.3.2); bytes that are no UTF-8 are taken as Latin-1."""
    plain = value.strip()
    if b"%" not in plain and plain[:1] != b'"':
        return _decoded(plain)
    if len(plain) > 1 and plain.startswith(b'"') and plain.endswith(b'"'):
        plain = re.sub(rb"\\(.)", rb"\1", plain[1:-1])
    return _decoded(unquote_to_bytes(plain))


def _attribute_texts(values: Collection[bytes]) -> list[str]:
    """The same for each, at once where nothing is to be undone, as with nearly all events: a fifth of the time."""
    joined = b"\n".join(values)
    if _PLAIN_LINES.fullmatch(joined) and joined.count(b"\n") == len(values) - 1:
        return joined.decode("ascii").split("\n")
    return [attribute_text(value) for value in values]


def plain_texts(values: Iterable[bytes]) -> list[str]:
    """Take the bytes as they are; those that are no UTF-8 are taken as Latin-1."""
    return [_decoded(value.strip()) for value in values]


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def from_http(
    headers: RawHeaders, body: bytes, read: Callable[[Collection[bytes]], list[str]] = _attribute_texts
) -> Event:
    """Read a request or response in either content mode; `read` makes text of the `ce-` headers' values.

    Raises NotACloudEvent.
    """
    values, trace, content_type = _sorted(headers)
    if content_type is not None and media_type(content_type) == STRUCTURED:
        attributes, data = _structured(body)
    elif "specversion" in values:
        attributes, data = dict(zip(values, read(values.values()))), body or None  # noqa: B905 - a text for each value
        if content_type is not None:
            attributes["datacontenttype"] = content_type
    else:
        raise NotACloudEvent("neither structured (application/cloudevents+json) nor binary (a ce-specversion header)")
    _validate(attributes)
    return Event(attributes, data, trace)


def _sorted(headers: RawHeaders) -> tuple[dict[str, bytes], dict[str, str], str | None]:
    """Attributes' values, trace context and content type, in one pass: most of the time that an event's head takes."""
    values: dict[str, bytes] = {}
    trace: dict[str, str] = {}
    content_type = None
    for mixed, value in headers:
        attribute, name = _names(mixed)
        if attribute is not None:
            values[attribute] = value
        elif name == b"content-type":
            content_type = _text(value) if content_type is None else content_type
        elif name in _TRACE_NAMES:
            trace[name.decode()] = _text(value)
    return values, trace, content_type


@lru_cache(maxsize=1024)  # the same few with each event: half of the pass' time
def _names(mixed: bytes) -> tuple[str | None, bytes]:
    """The attribute that the header of this name carries, if any, and the name in lower case."""
    name = mixed.lower()
    return (name[3:].decode("latin-1") if name.startswith(b"ce-") else None), name


def _structured(body: bytes) -> tuple[dict[str, str], bytes | None]:
    try:
        return _members(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotACloudEvent(f"the body is no JSON object of an event: {error}") from None


def _members(members: dict[str, msgspec.Raw]) -> tuple[dict[str, str], bytes | None]:
    data, encoded = members.pop("data", None), members.pop("data_base64", None)
    if data is not None and encoded is not None:
        raise NotACloudEvent("both data and data_base64 are set")
    attributes = {name: text for name, raw in members.items() if (text := _member(name, raw)) is not None}
    if attributes.get("specversion") == "0.3" and attributes.pop("datacontentencoding", "") == "base64":
        data, encoded = None, data
    if encoded is not None:
        return attributes, _base64(encoded)
    return attributes, None if data is None else _json_data(data, attributes.get("datacontenttype"))


def _member(name: str, raw: msgspec.Raw) -> str | None:
    value = msgspec.json.decode(raw)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise NotACloudEvent(f"attribute {name} is neither text, a whole number nor a boolean")


def _json_data(raw: msgspec.Raw, content_type: str | None) -> bytes | None:
    text = bytes(raw)
    if text == b"null":
        return None
    if not is_json(content_type or "application/json") and text.startswith(b'"'):
        return msgspec.json.decode(text, type=str).encode()
    return text


def _base64(raw: msgspec.Raw) -> bytes:
    try:
        return base64.b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (msgspec.DecodeError, binascii.Error) as error:
        raise NotACloudEvent(f"data_base64 is not base64 text: {error}") from None


def _validate(attributes: Mapping[str, str]) -> None:
    version = attributes.get("specversion")
    if version not in _VERSIONS:
        raise NotACloudEvent(f"specversion is {version!r}, not one of {', '.join(_VERSIONS)}")
    for name in _REQUIRED:
        if not attributes.get(name, "").strip():
            raise NotACloudEvent(f"{name} is missing or empty")
    if not _is_name("".join(attributes)) or "" in attributes:  # all at once: nearly always all are well
        wrong = next(name for name in attributes if not _is_name(name))
        raise NotACloudEvent(f"attribute name {wrong!r} has characters other than a-z and 0-9")
    if _NO_URI.search(attributes["source"]):
        raise NotACloudEvent(f"source {attributes['source']!r} is no URI reference")
    if "time" in attributes and not _is_time(attributes["time"]):
        raise NotACloudEvent(f"time {attributes['time']!r} is not RFC 3339")


def _is_name(text: str) -> bool:
    return text.isascii() and text.isalnum() and text == text.lower()


def _is_time(text: str) -> bool:
    parts = _RFC3339.fullmatch(text)
    try:
        return parts is not None and datetime.fromisoformat(f"{parts[1]}{parts[2]}".upper()) is not None
    except ValueError:
        return False


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip()
