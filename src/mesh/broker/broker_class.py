"""What sets the broker classes apart, side by side: every difference on the wire is a field of `BrokerClass`.

Sources: knative-extensions/eventing-kafka-broker, knative/eventing; each function names its file.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mesh.broker.retry import BackoffPolicy, Failed, Policy, failed_response
from mesh.event import Event, NotACloudEvent, from_http
from mesh.ledger.records import Failure
from mesh.manifests.model import Broker, DeliverySpec, Trigger
from mesh.wire import Response

DISCARDED_DATA_BYTES = 1024
NOT_SET = DeliverySpec()
# What an event is known by: a subscriber's `kne-` headers add to a dead letter and change none of these.
_CONTEXT = {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}
# knative/eventing config/core/configmaps/default-broker.yaml, applied to a Broker created without spec.delivery
STOCK_DEFAULTS = DeliverySpec(retry=10, backoff_policy="exponential", backoff_delay=timedelta(milliseconds=200))


@dataclass(frozen=True, slots=True)
class Inherited:
    """The delivery settings that hold for a trigger, and in words where they come from."""

    spec: DeliverySpec
    origin: str


@dataclass(frozen=True, slots=True)
class BrokerClass:
    """One broker class; statuses are those of the ingress."""

    name: str
    not_allowed: int
    unknown_broker: int
    malformed: int
    accepted: int
    not_stored: int
    max_event_bytes: int
    default_timeout: timedelta
    default_backoff_policy: BackoffPolicy
    default_backoff_delay: timedelta
    backoff: Callable[[BackoffPolicy, timedelta, int], timedelta]
    inherit: Callable[[Broker, Trigger], Inherited]
    read_reply: Callable[[Response], Event | Failed | None]
    dead_letter: Callable[[Event, Failure], Event]

    def policy(self, spec: DeliverySpec) -> Policy:
        """Fill in what the delivery settings leave open."""
        delay = spec.backoff_delay
        return Policy(
            retry=spec.retry or 0,
            backoff_policy=spec.backoff_policy or self.default_backoff_policy,
            backoff_delay=self.default_backoff_delay if delay is None else delay,
            timeout=spec.timeout or self.default_timeout,
            backoff=self.backoff,
        )


def _kafka_inherit(broker: Broker, trigger: Trigger) -> Inherited:
    """A trigger's delivery replaces the broker's whole (reconciler/trigger/v2/triggerv2.go)."""
    if trigger.delivery is not None:
        return _kafka_egress(trigger.delivery, str(trigger.origin))
    if broker.delivery is not None:
        return _kafka_egress(broker.delivery, str(broker.origin))
    return Inherited(STOCK_DEFAULTS, "config-br-defaults, since the Broker has no spec.delivery")


def _kafka_egress(spec: DeliverySpec, origin: str) -> Inherited:
    """Back-off settings alone count as no delivery (pkg/core/config/utils.go EgressConfigFromDelivery)."""
    if spec.dead_letter_sink is None and spec.retry is None and spec.timeout is None:
        return Inherited(NOT_SET, f"{origin}: back-off settings alone count as no delivery")
    return Inherited(spec, origin)


def _kafka_backoff(policy: BackoffPolicy, delay: timedelta, retry: int) -> timedelta:
    """`k·d` or `d·2^k` for the k-th retry (WebClientCloudEventSender.computeRetryPolicy)."""
    return delay * (retry if policy == "linear" else 2**retry)


def _kafka_read_reply(response: Response) -> Event | Failed | None:
    """Any status under 300 is success; a body that is no CloudEvent is failure for good (BaseResponseHandler.java)."""
    if response.status >= 300:  # noqa: PLR2004 - the class of statuses
        return failed_response(response.status)
    try:
        return from_http(((name.encode(), value.encode("latin-1")) for name, value in response.headers), response.body)
    except NotACloudEvent as problem:
        if not response.body:
            return None
        reason = (
            f"status {response.status} with a body that is no CloudEvent ({problem}): answer with an event or nothing"
        )
        return Failed(response.status, reason, permanent=True)


def _kafka_dead_letter(event: Event, failure: Failure) -> Event:
    """The original, as a CloudEvent 1.0, with its failure as extensions (RecordDispatcherImpl.java)."""
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
    return Event(renamed | {"specversion": "1.0"}, event.data, event.trace)


KAFKA = BrokerClass(
    name="Kafka",
    not_allowed=405,
    unknown_broker=404,
    malformed=400,
    accepted=202,
    not_stored=503,
    max_event_bytes=1_048_576,
    default_timeout=timedelta(minutes=10),
    default_backoff_policy="exponential",
    default_backoff_delay=timedelta(milliseconds=200),
    backoff=_kafka_backoff,
    inherit=_kafka_inherit,
    read_reply=_kafka_read_reply,
    dead_letter=_kafka_dead_letter,
)

CLASSES = {KAFKA.name: KAFKA}
