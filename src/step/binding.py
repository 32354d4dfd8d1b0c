"""CloudEvents over HTTP, both ways (CloudEvents HTTP protocol binding 1.0.2).

Read: binary and structured mode. Written: binary mode.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

import msgspec

from step.errors import NotAnEvent
from step.event import Event

REQUIRED = ("specversion", "id", "source", "type")
VERSIONS = ("1.0", "0.3")
STRUCTURED = "application/cloudevents"
# 3.1.3.2: space, double quote, percent and all that is not printable ASCII are percent-encoded.
PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")
OF_A_DEAD_LETTER = "knativeerrordest"  # nobody takes it if its sink does not, whatever its other attributes hold
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def read(headers: Iterable[tuple[str, str]], body: bytes) -> Event:
    """Read a request's event; raises NotAnEvent with the reason."""
    named = {name.lower(): value for name, value in headers}
    content_type = named.get("content-type", "")
    if content_type.lower().startswith(STRUCTURED):
        return _checked(_structured(content_type, body))
    return _checked(_binary(named, content_type, body))


def write(event: Event) -> dict[str, str]:
    """The headers of an event in binary mode; its data are the body."""
    headers = {f"ce-{name}": quote(value, safe=PLAIN) for name, value in event.attributes.items()}
    content_type = headers.pop("ce-datacontenttype", None)
    return headers if content_type is None else headers | {"content-type": event.attributes["datacontenttype"]}


def _binary(headers: Mapping[str, str], content_type: str, body: bytes) -> Event:
    attributes = {name[3:]: _text(value) for name, value in headers.items() if re.fullmatch("ce-[a-z0-9]+", name)}
    if content_type:
        attributes["datacontenttype"] = _utf8(content_type)
    return Event(attributes, body)


def _text(value: str) -> str:
    """Undo what 3.1.3.2 says, in its order: quotes, then percent-encoding."""
    value = _utf8(value)
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return unquote(value)


def _utf8(value: str) -> str:
    """HTTP servers hand over header bytes as latin-1; senders that do not percent-encode mean UTF-8."""
    return value.encode("latin-1", "replace").decode("utf-8", "replace")


def _structured(content_type: str, body: bytes) -> Event:
    if not content_type.lower().startswith(f"{STRUCTURED}+json"):
        raise NotAnEvent(f"not a CloudEvent that a step reads: {content_type} (send application/cloudevents+json)")
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        data, encoded = members.pop("data", None), members.pop("data_base64", None)
        attributes = {name: _attribute(value) for name, value in members.items() if bytes(value) != b"null"}
        if encoded is not None:
            return Event(attributes, base64.b64decode(msgspec.json.decode(encoded, type=str), validate=True))
    except (msgspec.DecodeError, ValueError) as error:
        raise NotAnEvent(f"not a CloudEvent in JSON format: {error}") from error
    return Event(attributes, b"" if data is None else _data(attributes, bytes(data)))


def _attribute(value: msgspec.Raw) -> str:
    read = msgspec.json.decode(value, type=str | int | bool)
    return str(read).lower() if isinstance(read, bool) else str(read)


def _data(attributes: dict[str, str], text: bytes) -> bytes:
    """JSON data keep their text, digits included; a string of another content type is that type's text."""
    content_type = attributes.setdefault("datacontenttype", "application/json").split(";")[0].strip().lower()
    if text.startswith(b'"') and not re.fullmatch(r".*/(.*\+)?json", content_type):
        return msgspec.json.decode(text, type=str).encode()
    return text


def _checked(event: Event) -> Event:
    missing = [name for name in REQUIRED if not event.attributes.get(name)]
    if missing:
        raise NotAnEvent(f"not a CloudEvent: {', '.join(missing)} missing (headers ce-{', ce-'.join(missing)})")
    if event.attributes["specversion"] not in VERSIONS:
        raise NotAnEvent(
            f"not a CloudEvent that a step reads: specversion {event.attributes['specversion']} (send 1.0)"
        )
    for name, value in event.attributes.items():
        if CONTROL.search(value) and OF_A_DEAD_LETTER not in event.attributes:
            raise NotAnEvent(f"not a CloudEvent: the attribute {name} holds control characters")
    return event
