"""Where a manifest meets what a broker class does otherwise than it says, or than this mesh: warnings, never errors.

Rules and sources are those of each class: knative/eventing, knative-extensions/eventing-kafka-broker.
"""

from collections.abc import Iterator, Sequence

from mesh.manifests.model import (
    KAFKA,
    MT,
    All,
    Any,
    Broker,
    DeliverySpec,
    Filter,
    Not,
    Prefix,
    Project,
    Suffix,
    Trigger,
)
from mesh.manifests.problem import Origin, Problem

NULLABLE = ("datacontenttype", "subject")  # what the Kafka dispatcher reads without looking whether it is there
MEANINGFUL = ("deadLetterSink", "retry", "timeout")  # without one of them class Kafka sees no delivery


def differences(project: Project) -> Iterator[Problem]:
    """Yield a warning for every place where a manifest meets a difference."""
    brokers = {broker.key: broker for broker in project.brokers}
    for broker in project.brokers:
        yield from _delivery(broker.broker_class, broker.delivery, broker.origin)
        yield from _broker_format(broker)
    for trigger in project.triggers:
        owner = brokers.get(trigger.broker_key)
        if owner is not None and owner.broker_class in {KAFKA, MT}:
            yield from _delivery(owner.broker_class, trigger.delivery, trigger.origin)
            yield from _trigger(owner, trigger)


def _trigger(broker: Broker, trigger: Trigger) -> Iterator[Problem]:
    if broker.broker_class == KAFKA:
        yield from _absent_attributes(trigger)
        yield from _lost_on_kafka(broker, trigger)
    else:
        yield from _given_up_on_mt(broker, trigger)
        yield from _unordered(trigger)


def _delivery(broker_class: str, spec: DeliverySpec | None, origin: Origin) -> Iterator[Problem]:
    if spec is None:
        return
    if broker_class == KAFKA:
        yield from _without_meaning(spec, origin)
        yield from _kafka_format(spec, origin)
    elif broker_class == MT:
        yield from _half_a_backoff(spec, origin)
        yield from _mt_timeout(spec, origin)


def _absent_attributes(trigger: Trigger) -> Iterator[Problem]:
    """PrefixFilter.java and SuffixFilter.java fail on a null, and RecordDispatcherImpl.java discards the record."""
    for dialect, attribute in sorted(set(_asked(trigger.filters))):
        lost = f"class {KAFKA} discards every event without a {attribute}, whatever else the filter says"
        yield Problem(trigger.origin, f"{dialect} on {attribute}: {lost}; here such an event just has no match")


def _asked(filters: Sequence[Filter]) -> Iterator[tuple[str, str]]:
    for entry in filters:
        match entry:
            case Prefix(attributes):
                yield from (("prefix", name) for name in attributes if name in NULLABLE)
            case Suffix(attributes):
                yield from (("suffix", name) for name in attributes if name in NULLABLE)
            case All(inner) | Any(inner):
                yield from _asked(inner)
            case Not(inner):
                yield from _asked((inner,))
            case _:
                pass


def _lost_on_kafka(broker: Broker, trigger: Trigger) -> Iterator[Problem]:
    """A trigger's delivery replaces the broker's whole (triggerv2.go); without a sink the offset is committed."""
    spec = trigger.delivery if trigger.delivery is not None else broker.delivery
    if spec is not None and spec.dead_letter_sink:
        return
    remedy = "set spec.delivery.deadLetterSink"
    if broker.delivery and broker.delivery.dead_letter_sink:
        remedy = "its delivery replaces the Broker's whole: repeat the deadLetterSink"
    lost = f"class {KAFKA} loses an event that it gives up; here it is kept"
    yield Problem(trigger.origin, f"Trigger {trigger.key} has no dead letter sink: {lost} ({remedy})")


def _given_up_on_mt(broker: Broker, trigger: Trigger) -> Iterator[Problem]:
    """The channel has the broker's sink where the trigger has none (subscription.go); without one IMC answers 500."""
    if any(spec is not None and spec.dead_letter_sink for spec in (trigger.delivery, broker.delivery)):
        return
    told = (
        f"class {MT} answers the producer with 500 for an event that it gives up, and drops it; here it is kept as well"
    )
    remedy = "set spec.delivery.deadLetterSink"
    yield Problem(trigger.origin, f"Trigger {trigger.key} has no dead letter sink: {told} ({remedy})")


def _unordered(trigger: Trigger) -> Iterator[Problem]:
    if trigger.ordered:
        message = "kafka.eventing.knative.dev/delivery.order is an annotation for class"
        yield Problem(trigger.origin, f"{message} {KAFKA}: class {MT} keeps no order")


def _without_meaning(spec: DeliverySpec, origin: Origin) -> Iterator[Problem]:
    """EgressConfigFromDelivery in control-plane/pkg/core/config/utils.go."""
    written = [name for name in spec.origins if name.startswith("backoff")]
    if written and not any(name in spec.origins for name in MEANINGFUL):
        message = f"class {KAFKA} takes a delivery of back-off settings alone for none: nothing is retried"
        yield Problem(spec.origins.get(written[0], origin), f"{message} (set retry as well)")


def _kafka_format(spec: DeliverySpec, origin: Origin) -> Iterator[Problem]:
    if spec.format is not None:
        message = f"class {KAFKA} ignores delivery.format: events are always sent in binary mode"
        yield Problem(spec.origins.get("format", origin), message)


def _broker_format(broker: Broker) -> Iterator[Problem]:
    if broker.broker_class == MT and broker.delivery and broker.delivery.format is not None:
        message = f"class {MT} ignores a Broker's delivery.format (write it into each Trigger's delivery)"
        yield Problem(broker.delivery.origins.get("format", broker.origin), message)


def _half_a_backoff(spec: DeliverySpec, origin: Origin) -> Iterator[Problem]:
    """RetryConfigFromDeliverySpec in pkg/kncloudevents/retries.go."""
    if (spec.backoff_policy is None) == (spec.backoff_delay is None):
        return
    written, lacking = (
        ("backoffDelay", "backoffPolicy") if spec.backoff_delay is not None else ("backoffPolicy", "backoffDelay")
    )
    message = f"class {MT} ignores {written} without {lacking}: it retries without a wait"
    yield Problem(spec.origins.get(written, origin), f"{message} (set both)")


def _mt_timeout(spec: DeliverySpec, origin: Origin) -> Iterator[Problem]:
    """The timeout is the channel's, and the answer that would tell what failed comes from the filter behind it."""
    if spec.timeout is not None:
        message = f"class {MT} dead-letters an event whose last attempt timed out without knativeerror extensions"
        yield Problem(spec.origins.get("timeout", origin), message)
