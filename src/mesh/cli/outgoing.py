"""The event that `mesh send` was asked for, and its HTTP message in either content mode."""

import argparse
import base64
import re
import time
import uuid
from typing import Any

import msgspec

from mesh import json_data
from mesh.cli.fields import data_of
from mesh.cli.values import payload
from mesh.clock import rfc3339
from mesh.errors import UsageError
from mesh.event import STRUCTURED, Event, NotACloudEvent, from_http
from mesh.event_lines import to_lines
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
    event = Event(attributes | _extensions(arguments.extension), _data(arguments))
    _check(event)
    return event


def _check(event: Event) -> None:
    """Read it as a broker will."""
    try:
        from_http([(name.encode(), value.encode()) for name, value in binary(event).headers], event.data or b"")
    except (NotACloudEvent, UnicodeEncodeError) as error:
        raise UsageError(f"this is no event: {error}") from None


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
    why_not = json_data.why_not(data, arguments.content_type)
    if why_not is not None:
        raise UsageError(f"--data {arguments.data} is no JSON ({why_not}): say what it is with --content-type")
    return data


def binary(event: Event) -> Request:
    """Attributes as headers, data as the body (HTTP binding 3.1)."""
    return Request("POST", "", to_lines(event), event.data or b"")


def structured(event: Event) -> Request:
    """The whole event as a JSON object (HTTP binding 3.2)."""
    body = msgspec.json.encode({**event.attributes, **_member(event)})
    return Request("POST", "", f"content-type: {STRUCTURED}; charset=utf-8\r\n", body)


def _member(event: Event) -> dict[str, Any]:
    data = event.data or b""
    if json_data.is_json(event.attributes["datacontenttype"]):
        return {"data": msgspec.Raw(data)}
    try:
        return {"data": data.decode()}
    except UnicodeDecodeError:
        return {"data_base64": base64.b64encode(data).decode()}


MODES = {"binary": binary, "structured": structured}
