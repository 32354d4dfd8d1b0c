"""An event as the request that goes to a subscriber or to a dead letter sink."""

import base64

import msgspec

from mesh.broker.route import Route
from mesh.event import STRUCTURED, Event, one_line, to_headers
from mesh.wire import Headers, Request


def to_subscriber(route: Route, event: Event) -> Request:
    return _request(route, event, route.subscriber.path, prefer_reply=True)


def to_sink(route: Route, event: Event, path: str) -> Request:
    return _request(route, event, path, prefer_reply=route.broker_class.prefer_reply_of_sink)


def _request(route: Route, event: Event, path: str, *, prefer_reply: bool) -> Request:
    """`Prefer: reply` and `Kn-Namespace` as in kncloudevents/event_dispatcher.go and WebClientCloudEventSender.java."""
    headers: Headers = [("prefer", "reply")] if prefer_reply else []
    headers.append(("kn-namespace", route.trigger.namespace))
    spec = route.trigger.delivery
    if spec is not None and spec.format == "json" and route.broker_class.takes_format:
        headers.append(("content-type", STRUCTURED))
        headers.extend((name, one_line(value)) for name, value in event.headers.items())
        return Request("POST", path, headers, _structured(event))
    return Request("POST", path, headers + to_headers(event, route.broker_class.write), event.data or b"")


def _structured(event: Event) -> bytes:
    """In the JSON format: JSON data as it is, other data as base64 (CloudEvents JSON format 3.1)."""
    members: dict[str, object] = dict(event.attributes)
    if event.data is not None and _is_json(event):
        members["data"] = msgspec.Raw(event.data)
    elif event.data is not None:
        members["data_base64"] = base64.b64encode(event.data).decode()
    return msgspec.json.encode(members)


def _is_json(event: Event) -> bool:
    media_type = event.attributes.get("datacontenttype", "application/json").partition(";")[0].strip().lower()
    if not media_type.endswith(("/json", "+json")):
        return False
    try:
        msgspec.json.decode(event.data or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
