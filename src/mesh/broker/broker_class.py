"""What sets the broker classes apart, side by side: every difference that is seen from outside is a field here.

The functions are in `kafka_class` and `mt_class`, each with its source in Knative; docs/broker-classes.md tells them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from mesh.broker import kafka_class, mt_class
from mesh.broker.filter_rules import KAFKA_RULES, MT_RULES
from mesh.broker.filters import compile_filters
from mesh.broker.inherited import Inherited
from mesh.broker.retry import BackoffPolicy, Failed, Policy
from mesh.event import Event, RawHeaders, from_http
from mesh.event_lines import one_line, percent_encoded
from mesh.ledger.records import Failure, Stored
from mesh.manifests.model import Broker, DeliverySpec, Filter, Trigger
from mesh.wire import Answer, Head, Response

Check = Callable[[Mapping[str, str]], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerClass:
    """One broker class, from its ingress to its dead letters."""

    name: str
    # The ingress.
    path: Callable[[bytes], bytes]  # of a request's target, to `/namespace/name`
    early: Callable[[Head, bool, bool], Answer | None]  # head, is there such a broker, is the mesh ready
    headers: tuple[tuple[str, str], ...]  # of every answer
    read: Callable[[RawHeaders, bytes], Event]
    admit: Callable[[Event, float], Event]
    travels: Callable[[RawHeaders], dict[str, str]]
    not_stored: int
    awaits_triggers: bool
    max_event_bytes: int
    # Delivery settings.
    inherit: Callable[[Broker, Trigger], Inherited]
    default_timeout: timedelta
    default_backoff_policy: BackoffPolicy | None  # None: without a policy there is no wait
    default_backoff_delay: timedelta
    backoff: Callable[[BackoffPolicy, timedelta, int], timedelta]
    takes_format: bool
    keeps_order: bool  # where the trigger asks for it
    # A delivery.
    compile_filters: Callable[[tuple[Filter, ...]], Check]
    received: Callable[[Stored], Event]  # as filters and the subscriber see it
    write: Callable[[str], str]  # an attribute as a header's value
    prefer_reply_of_sink: bool
    no_response: Callable[[str, bool], Failed]  # reason, timed out
    read_reply: Callable[[Response], Event | Failed | None]
    reply: Callable[[Event, Event, float], Event | Failed]  # cause, what was answered, now
    # Dead letters.
    dead: Callable[[Stored], Event]  # as the dead letter sink gets it, less the failure
    dead_letter: Callable[[Event, Failure], Event]
    read_sink_reply: Callable[[Response], Event | Failed | None]

    def policy(self, spec: DeliverySpec) -> Policy:
        """Fill in what the delivery settings leave open."""
        named = spec.backoff_policy or self.default_backoff_policy
        delay = self.default_backoff_delay if spec.backoff_delay is None else spec.backoff_delay
        return Policy(
            retry=spec.retry or 0,
            backoff_policy=named or "linear",
            backoff_delay=delay if named else timedelta(0),
            timeout=spec.timeout or self.default_timeout,
            backoff=self.backoff,
        )


KAFKA = BrokerClass(
    name="Kafka",
    path=kafka_class.path,
    early=kafka_class.early,
    headers=(),
    read=from_http,
    admit=kafka_class.admit,
    travels=kafka_class.travels,
    not_stored=503,
    awaits_triggers=False,
    max_event_bytes=1_048_576,
    inherit=kafka_class.inherit,
    default_timeout=timedelta(minutes=10),
    default_backoff_policy="exponential",
    default_backoff_delay=timedelta(milliseconds=200),
    backoff=kafka_class.backoff,
    takes_format=False,
    keeps_order=True,
    compile_filters=partial(compile_filters, KAFKA_RULES),
    received=kafka_class.received,
    write=percent_encoded,
    prefer_reply_of_sink=True,
    no_response=kafka_class.no_response,
    read_reply=kafka_class.read_reply,
    reply=kafka_class.reply,
    dead=kafka_class.received,
    dead_letter=kafka_class.dead_letter,
    read_sink_reply=kafka_class.read_reply,
)

MT = BrokerClass(
    name="MTChannelBasedBroker",
    path=mt_class.path,
    early=mt_class.early,
    headers=(mt_class.ALLOW,),
    read=mt_class.read,
    admit=mt_class.admit,
    travels=mt_class.travels,
    not_stored=500,
    awaits_triggers=True,
    max_event_bytes=64 * 1_048_576,  # the cluster's ingress has no limit; this machine has one
    inherit=mt_class.inherit,
    default_timeout=timedelta(minutes=15),  # of the in-memory channel's fan-out
    default_backoff_policy=None,
    default_backoff_delay=timedelta(0),
    backoff=mt_class.backoff,
    takes_format=True,
    keeps_order=False,
    compile_filters=partial(compile_filters, MT_RULES),
    received=mt_class.received,
    write=one_line,
    prefer_reply_of_sink=False,
    no_response=mt_class.no_response,
    read_reply=mt_class.read_reply,
    reply=mt_class.reply,
    dead=lambda stored: stored.event,
    dead_letter=mt_class.dead_letter,
    read_sink_reply=mt_class.read_sink_reply,
)

CLASSES = {each.name: each for each in (KAFKA, MT)}
