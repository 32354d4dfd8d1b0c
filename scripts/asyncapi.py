"""The AsyncAPI document of the events of Cabs, made from their contracts.

`python scripts/asyncapi.py` writes it to standard output; docs/asyncapi.json is that.
"""

import sys
from importlib.metadata import version
from typing import Any

import msgspec

from cabs import values
from cabs.contract import Contract
from cabs.events import EVENTS

Json = dict[str, Any]

CHANNEL = "#/channels/default"
SCHEMAS = "#/components/schemas"
ACTIONS = {"command": "receive", "fact": "send"}  # as Cabs sees it
TEXT = {"type": "string", "minLength": 1}


def main() -> None:
    sys.stdout.buffer.write(text())


def text() -> bytes:
    """Return the document as it is kept in docs/asyncapi.json."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


def document() -> Json:
    """Return the document as plain values, https://www.asyncapi.com/docs/reference/specification/v3.0.0."""
    _, schemas = msgspec.json.schema_components(EVENTS, schema_hook=values.schema, ref_template=f"{SCHEMAS}/{{name}}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cabs",
            "version": version("cabs-event-mesh"),
            "description": "The commands that Cabs obeys, and the facts that it tells: CloudEvents, in binary mode.",
        },
        "defaultContentType": "application/json",
        "servers": {"mesh": {"host": "127.0.0.1:8080", "protocol": "http", "description": "The mesh on this machine."}},
        "channels": {"default": _channel()},
        "operations": {event.__name__: _operation(event) for event in EVENTS},
        "components": {
            "messages": {event.__name__: _message(event) for event in EVENTS},
            "schemas": schemas,
        },
    }


def _channel() -> Json:
    return {
        "address": "/cabs/default",
        "description": "The broker: whoever has a trigger for a type gets its events.",
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in EVENTS},
    }


def _operation(event: type[Contract]) -> Json:
    return {
        "action": ACTIONS[event.kind],
        "channel": {"$ref": CHANNEL},
        "messages": [{"$ref": f"{CHANNEL}/messages/{event.__name__}"}],
        "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
    }


def _message(event: type[Contract]) -> Json:
    return {
        "name": event.type,
        "summary": event.__doc__,
        "tags": [{"name": event.kind}],
        "headers": _headers(event),
        "payload": {"$ref": f"{SCHEMAS}/{event.__name__}"},
    }


def _headers(event: type[Contract]) -> Json:
    """Return what CloudEvents requires, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md."""
    known = {"ce-specversion": {"const": "1.0"}, "ce-type": {"const": event.type}, "ce-id": TEXT, "ce-source": TEXT}
    return {"type": "object", "required": list(known), "properties": known}


if __name__ == "__main__":
    main()
