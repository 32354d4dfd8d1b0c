"""The event that `mesh send` was asked for, and its HTTP message in either content mode."""

import argparse
import base64
import re
import time
import uuid
from typing import Any

import msgspec

from mesh.cli.fields import data_of
from mesh.cli.values import payload
from mesh.clock import rfc3339
from mesh.errors import UsageError
from mesh.event import STRUCTURED, Event, to_headers
from mesh.wire import Request

# Attributes and members of the JSON format that an extension cannot be named after.
RESERVED = {
    *("specversion", "id", "source", "type", "time", "subject"),
    *("datacontenttype", "dataschema", "data", "database64"),
}


def event_of(arguments: argparse.Namespace) -> Event:
    """Build the event from the flags of `mesh send`; raises UsageError for what cannot be one."""
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()) if arguments.id is None else arguments.id,
        "source": arguments.source,
        "type": arguments.type,
        "time": rfc3339(time.time()),
        "datacontenttype": arguments.content_type,
    }
    if arguments.subject is not None:
        attributes["subject"] = arguments.subject
    for name, value in attributes.items():
        if not value.strip():
            raise UsageError(f"the event's {name} is empty")
    return Event(attributes | _extensions(arguments.extension), _data(arguments))


def _extensions(assignments: list[tuple[str, str]]) -> dict[str, str]:
    for name, _ in assignments:
        if not re.fullmatch(r"[a-z0-9]+", name):
            raise UsageError(f"--extension {name}: the name of an extension has only a-z and 0-9")
        if name in RESERVED:
            raise UsageError(f"--extension {name}: this attribute is no extension")
    return dict(assignments)


def _data(arguments: argparse.Namespace) -> bytes:
    if arguments.data is None:
        return msgspec.json.encode(data_of(arguments.field, arguments.raw_field))
    if arguments.field or arguments.raw_field:
        raise UsageError("--data is the whole data: leave out --field and --raw-field")
    data = payload(arguments.data)
    if is_json(arguments.content_type):
        _check_json(data, arguments)
    return data


def _check_json(data: bytes, arguments: argparse.Namespace) -> None:
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--data {arguments.data} is no JSON ({error}): say what it is with --content-type") from None


def is_json(content_type: str) -> bool:
    """Tell whether data of that media type stands in the JSON format as it is (JSON format 3.1)."""
    return content_type.partition(";")[0].strip().lower().endswith(("/json", "+json"))


def binary(event: Event) -> Request:
    """Attributes as headers, data as the body (HTTP binding 3.1)."""
    return Request("POST", "", to_headers(event), event.data or b"")


def structured(event: Event) -> Request:
    """The whole event as a JSON object (HTTP binding 3.2)."""
    body = msgspec.json.encode({**event.attributes, **_member(event)})
    return Request("POST", "", [("content-type", f"{STRUCTURED}; charset=utf-8")], body)


def _member(event: Event) -> dict[str, Any]:
    data = event.data or b""
    if is_json(event.attributes["datacontenttype"]):
        return {"data": msgspec.Raw(data)}
    try:
        return {"data": data.decode()}
    except UnicodeDecodeError:
        return {"data_base64": base64.b64encode(data).decode()}


MODES = {"binary": binary, "structured": structured}
