"""Class MTChannelBasedBroker: what its ingress, filter and in-memory channel do where the classes differ.

Source: knative/eventing pkg/broker/{ingress,filter}, pkg/kncloudevents; SDK is its vendored cloudevents sdk-go v2.
"""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mesh.broker.inherited import STOCK_DEFAULTS, STOCK_ORIGIN, Inherited
from mesh.broker.instants import rfc3339_nano
from mesh.broker.retry import BackoffPolicy, Failed, failed_response
from mesh.event import STRUCTURED, Event, NotACloudEvent, RawHeaders, from_http, plain_texts
from mesh.json_data import media_type
from mesh.ledger.records import Failure, Stored
from mesh.manifests.model import Broker, DeliverySpec, Trigger
from mesh.wire import Answer, Head, Response

TTL = "knativebrokerttl"
MAX_TTL = 255
ARRIVAL = "knativearrivaltime"
ERROR_DATA_CHARACTERS = 1024  # of base64
ALLOW = ("Allow", "POST, OPTIONS")
_WEBHOOK = (("WebHook-Allowed-Origin", "*"), ("WebHook-Allowed-Rate", "*"))
_PROBES = (b"/healthz", b"/readyz")
_SLASHES_OF_A_PATH = 2
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(;.*)?")
_TRAVELLING = ("x-request-id", "retry-after", "knative-", "x-b3-")


def path(target: bytes) -> bytes:
    """The request's target as it is, query included, one `/` trimmed (ingress/ingress_handler.go)."""
    return target.removesuffix(b"/")


def early(head: Head, _known: bool, ready: bool) -> Answer | None:
    """Probe, OPTIONS, method, shape of the path; whether the broker exists is asked after the event is read."""
    if probe := _probe(head, ready):
        return probe
    if head.method == "OPTIONS":
        return Answer(200, _WEBHOOK)
    if head.method != "POST":
        return Answer(405)
    if head.target == b"/":
        return Answer(404)
    return None if path(head.target).count(b"/") == _SLASHES_OF_A_PATH else Answer(400)


def _probe(head: Head, ready: bool) -> Answer | None:
    """Kubernetes' and Knative's probes, on any path (knative.dev/pkg network/handlers/drain.go).

    The mesh's own /healthz and /readyz are answered, too, which the cluster's ingress has not.
    """
    if (head.header(b"user-agent") or b"").startswith(b"kube-probe/"):
        return Answer(200 if ready else 503)
    if head.header(b"k-network-probe") == b"probe":
        echoed = head.header(b"k-network-hash")
        if echoed is None:
            return Answer(400)
        return Answer(200 if ready else 503, (("K-Network-Hash", echoed.decode("latin-1")),))
    if head.method == "GET" and head.target in _PROBES:
        return Answer(200 if ready else 503)
    return None


def read(headers: RawHeaders, body: bytes) -> Event:
    """Without percent-decoding, `time` as Go writes it, and with the checks of event.Validate (SDK event/…_v1.go)."""
    event = from_http(headers, body, plain_texts)
    if "time" in event.attributes:
        event = event.extended({"time": rfc3339_nano(event.attributes["time"])})
    for name in ("subject", "datacontenttype"):
        if event.attributes.get(name, "present").strip() == "":
            raise NotACloudEvent(f"{name} is there and empty")
    content_type = event.attributes.get("datacontenttype")
    if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type):
        raise NotACloudEvent(f"datacontenttype {content_type!r} is no media type")
    schema = event.attributes.get("dataschema")
    if schema is not None and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", schema):
        raise NotACloudEvent(f"dataschema {schema!r} is no absolute URI")
    return event


def admit(event: Event, now: float) -> Event:
    """Count the hop and stamp the arrival (pkg/broker/ttl.go, pkg/broker/metrics.go). Raises NotACloudEvent."""
    written = event.attributes.get(TTL, "")
    ttl = max(int(written) - 1, 0) if re.fullmatch(r"[+-]?\d{1,9}", written) else MAX_TTL
    if ttl <= 0:
        raise NotACloudEvent(f"{TTL} {written} allows no further hop")
    arrival = datetime.fromtimestamp(now, UTC).isoformat()
    return event.extended({TTL: str(ttl), ARRIVAL: rfc3339_nano(arrival)})


def inherit(broker: Broker, trigger: Trigger) -> Inherited:
    """The trigger's delivery, else the broker's; the sink alone falls back (subscription/subscription.go)."""
    of_broker = broker.delivery or STOCK_DEFAULTS
    origin = str(broker.origin) if broker.delivery else STOCK_ORIGIN
    if trigger.delivery is None:
        return Inherited(of_broker, origin)
    if trigger.delivery.dead_letter_sink is not None or of_broker.dead_letter_sink is None:
        return Inherited(trigger.delivery, str(trigger.origin))
    return Inherited(_with_sink_of(of_broker, trigger.delivery, broker), str(trigger.origin))


def _with_sink_of(of_broker: DeliverySpec, of_trigger: DeliverySpec, broker: Broker) -> DeliverySpec:
    place = of_broker.origins.get("deadLetterSink", broker.origin)
    origins = {**of_trigger.origins, "deadLetterSink": place}
    return replace(of_trigger, dead_letter_sink=of_broker.dead_letter_sink, origins=origins)


def backoff(policy: BackoffPolicy, delay: timedelta, retry: int) -> timedelta:
    """`(k-1)·d` or `d·2^(k-1)`: the HTTP client counts retries from 0 (hashicorp go-retryablehttp client.go)."""
    return delay * (retry - 1 if policy == "linear" else 2 ** (retry - 1))


def received(stored: Stored) -> Event:
    """Without the hop count, which filter_handler.go takes off before filters see the event."""
    kept = {name: value for name, value in stored.event.attributes.items() if name != TTL}
    return Event(kept, stored.event.data, stored.event.headers)


def read_reply(response: Response) -> Event | Failed | None:
    """A body that is no CloudEvent becomes 502, and is tried again (filter/filter_handler.go writeResponse)."""
    if response.status >= 300:  # noqa: PLR2004 - the class of statuses
        return failed_response(response.status)
    structured = media_type(response.header("content-type") or "") == STRUCTURED
    if not structured and response.header("ce-specversion") not in ("1.0", "0.3"):
        return _no_event("neither structured nor binary") if response.body else None
    try:
        return read(response.raw_headers(), response.body)
    except NotACloudEvent as problem:
        if structured:
            return _no_event(str(problem))
        return _refused(problem)


def _no_event(problem: str) -> Failed:
    reason = f"502 for a reply that is no CloudEvent ({problem}): answer with an event or nothing"
    return Failed(502, reason, permanent=False, told=False)


def _refused(problem: NotACloudEvent) -> Failed:
    return Failed(400, f"the broker refused the reply: {problem}", permanent=True, at_broker=True)


def reply(cause: Event, answered: Event, now: float) -> Event | Failed:
    """Goes in at the ingress again, with the hop count of its cause (filter/filter_handler.go)."""
    try:
        return admit(answered.extended({TTL: cause.attributes.get(TTL, str(MAX_TTL))}), now)
    except NotACloudEvent as problem:
        return _refused(problem)


def read_sink_reply(response: Response) -> Failed | None:
    """A dead letter sink's reply is not read (pkg/kncloudevents/event_dispatcher.go)."""
    return failed_response(response.status) if response.status >= 300 else None  # noqa: PLR2004


def no_response(reason: str, timed_out: bool) -> Failed:
    """A time-out ends the call to the filter, so that nothing is known of the subscriber."""
    return Failed(None, reason, permanent=False, told=not timed_out)


def dead_letter(event: Event, failure: Failure) -> Event:
    """The original with its failure (kncloudevents/attributes/knative_error.go), where the channel knows of one."""
    if not failure.told:
        return event
    body = failure.body if failure.code is not None else f"dispatch error: {failure.reason}".encode()
    extensions = {
        "knativeerrordest": failure.destination,
        "knativeerrorcode": str(failure.code or 500),
        "knativeerrordata": base64.b64encode(body).decode()[:ERROR_DATA_CHARACTERS],
    }
    return event.extended(extensions)


def travels(headers: RawHeaders) -> dict[str, str]:
    """Which of a message's headers go along to subscribers (pkg/utils/headers.go)."""
    named = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return {name: value for name, value in named if name.startswith(_TRAVELLING)}
