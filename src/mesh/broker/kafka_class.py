"""Class Kafka: what its receiver and its dispatcher do where the classes differ.

Source: knative-extensions/eventing-kafka-broker; RECV, DISP as in its data-plane's receiver and dispatcher packages.
"""

import base64
from datetime import timedelta

from mesh.broker import retry
from mesh.broker.inherited import NOT_SET, STOCK_DEFAULTS, STOCK_ORIGIN, Inherited
from mesh.broker.retry import BackoffPolicy, Failed, failed_response
from mesh.event import Event, NotACloudEvent, RawHeaders, from_http
from mesh.ledger.records import Failure, Stored
from mesh.manifests.model import Broker, DeliverySpec, Trigger
from mesh.wire import Answer, Head, Response

DISCARDED_DATA_BYTES = 1024
_PROBES = (b"/healthz", b"/readyz")
# What an event is known by: a subscriber's `kne-` headers add to a dead letter and change none of these.
_CONTEXT = {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}


def path(target: bytes) -> bytes:
    """The raw path, not percent-decoded, less query and one last `/`; of an absolute target, too (RFC 9112 3.2.2)."""
    raw = target.partition(b"?")[0]
    if not raw.startswith(b"/"):
        raw = b"/" + raw.partition(b"://")[2].partition(b"/")[2]
    return raw.removesuffix(b"/")


def early(head: Head, known: bool, ready: bool) -> Answer | None:
    """Probe, method, resource, all before the body (RECV impl/ReceiverVerticle.java, impl/handler)."""
    if head.method == "GET" and (probe := _probe(head, known, ready)):
        return probe
    if head.method != "POST":
        return Answer(405)
    return None if known else Answer(404)


def _probe(head: Head, known: bool, ready: bool) -> Answer | None:
    if path(head.target) in _PROBES:
        return Answer(200 if ready else 503)
    if head.header(b"k-network-probe") == b"probe":
        echoed = (head.header(b"k-network-hash") or b"").decode("latin-1")
        return Answer(200, (("K-Network-Hash", echoed),)) if known else Answer(404)
    return None


def admit(event: Event, _now: float) -> Event:
    """Nothing is added at the ingress (D6, D7)."""
    return event


def inherit(broker: Broker, trigger: Trigger) -> Inherited:
    """A trigger's delivery replaces the broker's whole (control-plane reconciler/trigger/v2/triggerv2.go)."""
    if trigger.delivery is not None:
        return _egress(trigger.delivery, str(trigger.origin))
    if broker.delivery is not None:
        return _egress(broker.delivery, str(broker.origin))
    return Inherited(STOCK_DEFAULTS, STOCK_ORIGIN)


def _egress(spec: DeliverySpec, origin: str) -> Inherited:
    """Back-off settings alone count as no delivery (control-plane core/config/utils.go EgressConfigFromDelivery)."""
    if spec.dead_letter_sink is None and spec.retry is None and spec.timeout is None:
        return Inherited(NOT_SET, f"{origin}: back-off settings alone count as no delivery")
    return Inherited(spec, origin)


def backoff(policy: BackoffPolicy, delay: timedelta, number: int) -> timedelta:
    """`k·d` or `d·2^k` for the k-th retry (DISP WebClientCloudEventSender.computeRetryPolicy)."""
    return delay * (number if policy == "linear" else 2**number)


def received(stored: Stored) -> Event:
    """With its place in the topic, which filters see, too (DISP impl/RecordDispatcherMutatorChain.java)."""
    place = {"knativekafkapartition": str(stored.partition), "knativekafkaoffset": str(stored.offset)}
    return stored.event.extended(place)


def read_reply(response: Response) -> Event | Failed | None:
    """Any status under 300 is success; a body that is no CloudEvent is failure for good (DISP BaseResponseHandler)."""
    if response.status >= 300:  # noqa: PLR2004 - the class of statuses
        return failed_response(response.status)
    if not response.body and response.header("ce-specversion") is None:
        return None
    try:
        return from_http(response.raw_headers(), response.body)
    except NotACloudEvent as problem:
        if not response.body:
            return None
        reason = (
            f"status {response.status} with a body that is no CloudEvent ({problem}): answer with an event or nothing"
        )
        return Failed(None, reason, permanent=True)  # the dead letter says no code (D4)


def reply(_cause: Event, answered: Event, _now: float) -> Event | Failed:
    """Written to the topic as it is, without a hop limit (DISP impl/ResponseToKafkaTopicHandler.java)."""
    return answered


def no_response(reason: str, _timed_out: bool) -> Failed:
    return retry.no_response(reason)


def dead_letter(event: Event, failure: Failure) -> Event:
    """The original, as a CloudEvent 1.0, with its failure as extensions (DISP impl/RecordDispatcherImpl.java)."""
    told = {name: value for name, value in failure.extensions.items() if name not in _CONTEXT}
    extensions = told | {"knativeerrordest": failure.destination}
    if failure.code is not None:
        extensions["knativeerrorcode"] = str(failure.code)
    if failure.body:
        extensions["knativeerrordata"] = base64.b64encode(failure.body[:DISCARDED_DATA_BYTES]).decode()
    return _upgraded(event).extended(extensions)


def _upgraded(event: Event) -> Event:
    if event.attributes["specversion"] == "1.0":
        return event
    renamed = {"dataschema" if name == "schemaurl" else name: value for name, value in event.attributes.items()}
    return Event(renamed | {"specversion": "1.0"}, event.data, event.headers)


def travels(_headers: RawHeaders) -> dict[str, str]:
    """No header of the producer reaches a subscriber, trace context apart (D17)."""
    return {}
