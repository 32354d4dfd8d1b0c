"""An event as the request that goes to a subscriber or to a dead letter sink."""

import base64

import msgspec

from mesh.broker.broker_class import BrokerClass
from mesh.broker.route import Route
from mesh.event import STRUCTURED, Event
from mesh.event_lines import one_line, to_lines, travelling
from mesh.json_data import media_type
from mesh.ledger.records import Stored
from mesh.wire import Request

_JSON = ("", "application/json", "text/json")


class Messages:
    """One broker's: the triggers that want an event get it one after the other, so its headers are written once.

    The event itself is not kept: its data may be large.
    """

    def __init__(self) -> None:
        self._last: tuple[int, BrokerClass] | None = None
        self._lines = ""

    def to_subscriber(self, route: Route, stored: Stored) -> Request:
        path, lead = route.subscriber.path, _lead(route, prefer_reply=True)
        if _is_structured(route):
            return _structured(path, lead, route.broker_class.received(stored))
        of = (stored.seq, route.broker_class)
        if of != self._last:
            self._last, self._lines = of, to_lines(route.broker_class.received(stored), route.broker_class.write)
        return Request("POST", path, lead + self._lines, stored.event.data or b"")


def to_sink(route: Route, event: Event, path: str) -> Request:
    lead = _lead(route, prefer_reply=route.broker_class.prefer_reply_of_sink)
    if _is_structured(route):
        return _structured(path, lead, event)
    return Request("POST", path, lead + to_lines(event, route.broker_class.write), event.data or b"")


def _lead(route: Route, *, prefer_reply: bool) -> str:
    """`Prefer: reply` and `Kn-Namespace` as in kncloudevents/event_dispatcher.go and WebClientCloudEventSender.java."""
    namespace = f"kn-namespace: {one_line(route.trigger.namespace)}\r\n"
    return f"prefer: reply\r\n{namespace}" if prefer_reply else namespace


def _is_structured(route: Route) -> bool:
    spec = route.trigger.delivery
    return spec is not None and spec.format == "json" and route.broker_class.takes_format


def _structured(path: str, lead: str, event: Event) -> Request:
    """In the JSON format: JSON data as it is, text as text (cloudevents sdk-go v2 event/event_marshal.go)."""
    members: dict[str, object] = dict(event.attributes)
    if event.data is not None:
        members |= _data(event.data, event.attributes.get("datacontenttype", ""))
    head = f"{lead}content-type: {STRUCTURED}\r\n{travelling(event)}"
    return Request("POST", path, head, msgspec.json.encode(members))


def _data(data: bytes, content_type: str) -> dict[str, object]:
    """Bytes that are neither the JSON that they claim to be nor text go as base64, which the SDK would garble."""
    try:
        if media_type(content_type) in _JSON:
            msgspec.json.decode(data)
            return {"data": msgspec.Raw(data)}
        return {"data": data.decode()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"data_base64": base64.b64encode(data).decode()}
