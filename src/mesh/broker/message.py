"""An event as the request that goes to a subscriber or to a dead letter sink."""

import base64

import msgspec

from mesh.broker.route import Route
from mesh.event import STRUCTURED, Event, one_line, to_headers
from mesh.wire import Headers, Request

_JSON = ("", "application/json", "text/json")


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
    """In the JSON format: JSON data as it is, text as text (cloudevents sdk-go v2 event/event_marshal.go)."""
    members: dict[str, object] = dict(event.attributes)
    if event.data is not None:
        members |= _data(event.data, event.attributes.get("datacontenttype", ""))
    return msgspec.json.encode(members)


def _data(data: bytes, content_type: str) -> dict[str, object]:
    """Bytes that are neither the JSON that they claim to be nor text go as base64, which the SDK would garble."""
    try:
        if content_type.partition(";")[0].strip().lower() in _JSON:
            msgspec.json.decode(data)
            return {"data": msgspec.Raw(data)}
        return {"data": data.decode()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"data_base64": base64.b64encode(data).decode()}
