"""An event as the request that goes to a subscriber or to a dead letter sink."""

import base64

import msgspec

from mesh.broker.broker_class import BrokerClass
from mesh.broker.route import Route
from mesh.event import STRUCTURED, Event, one_line, to_headers
from mesh.json_data import media_type
from mesh.ledger.records import Stored
from mesh.wire import Headers, Request

_JSON = ("", "application/json", "text/json")


class Messages:
    """One broker's: the triggers that want an event get it one after the other, so its headers are written once.

    The event itself is not kept: its data may be large.
    """

    def __init__(self) -> None:
        self._last: tuple[int, BrokerClass] | None = None
        self._headers: Headers = []

    def to_subscriber(self, route: Route, stored: Stored) -> Request:
        event, of = route.broker_class.received(stored), (stored.seq, route.broker_class)
        if of != self._last:
            self._last, self._headers = of, to_headers(event, route.broker_class.write)
        return _request(route, event, route.subscriber.path, self._headers, prefer_reply=True)


def to_sink(route: Route, event: Event, path: str) -> Request:
    headers = to_headers(event, route.broker_class.write)
    return _request(route, event, path, headers, prefer_reply=route.broker_class.prefer_reply_of_sink)


def _request(route: Route, event: Event, path: str, of_event: Headers, *, prefer_reply: bool) -> Request:
    """`Prefer: reply` and `Kn-Namespace` as in kncloudevents/event_dispatcher.go and WebClientCloudEventSender.java."""
    headers: Headers = [("prefer", "reply")] if prefer_reply else []
    headers.append(("kn-namespace", route.trigger.namespace))
    spec = route.trigger.delivery
    if spec is not None and spec.format == "json" and route.broker_class.takes_format:
        headers.append(("content-type", STRUCTURED))
        headers.extend((name, one_line(value)) for name, value in event.headers.items())
        return Request("POST", path, headers, _structured(event))
    return Request("POST", path, headers + of_event, event.data or b"")


def _structured(event: Event) -> bytes:
    """In the JSON format: JSON data as it is, text as text (cloudevents sdk-go v2 event/event_marshal.go)."""
    members: dict[str, object] = dict(event.attributes)
    if event.data is not None:
        members |= _data(event.data, event.attributes.get("datacontenttype", ""))
    return msgspec.json.encode(members)


def _data(data: bytes, content_type: str) -> dict[str, object]:
    """Bytes that are neither the JSON that they claim to be nor text go as base64, which the SDK would garble."""
    try:
        if media_type(content_type) in _JSON:
            msgspec.json.decode(data)
            return {"data": msgspec.Raw(data)}
        return {"data": data.decode()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"data_base64": base64.b64encode(data).decode()}
