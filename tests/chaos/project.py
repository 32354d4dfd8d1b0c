"""The project that a run uses: a copy of the repository's, with triggers for the run's own subscribers."""

from pathlib import Path

from chaos.history import KAFKA, BrokerClass, Subscriber
from chaos.subscribers import SINK, SUBSCRIBERS, Subscribers
from support.mesh import copied_project

TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: {name}
  namespace: cabs
  annotations:
    kafka.eventing.knative.dev/delivery.order: {order}
spec:
  broker: default
  {filter}
  subscriber:
    uri: {url}
  delivery:
    retry: {retry}
    backoffPolicy: linear
    backoffDelay: PT0.1S
    timeout: PT2S
    deadLetterSink:
      uri: {sink}
"""
OF_CLASS = "eventing.knative.dev/broker.class: "
# The same triggers, without the minutes that retries of a real outage may take.
PATIENT, QUICK = (
    ("retry: 10 #", "backoffPolicy: exponential", "backoffDelay: PT0.2S"),
    ("retry: 100 #", "backoffPolicy: linear", "backoffDelay: PT0.1S"),
)


def project(target: Path, subscribers: Subscribers, broker_class: BrokerClass) -> Path:
    root = copied_project(target)
    broker = root / "broker" / "200-broker.yaml"
    text = broker.read_text()
    for patient, quick in zip(PATIENT, QUICK, strict=True):
        assert patient in text
        text = text.replace(patient, quick)
    assert OF_CLASS + KAFKA.name in text
    broker.write_text(text.replace(OF_CLASS + KAFKA.name, OF_CLASS + broker_class.name))
    for one in SUBSCRIBERS:
        (root / "triggers" / f"{one.trigger}.yaml").write_text(manifest(one, subscribers))
    return root


def manifest(one: Subscriber, subscribers: Subscribers) -> str:
    """A trigger's file; a type of its own is all that one of ours filters by."""
    wanted = "filter: {}" if one.types is None else f"filter: {{attributes: {{type: {''.join(one.types)}}}}}"
    order = "ordered" if one.ordered else "unordered"
    urls = {"url": subscribers.url(one.trigger), "sink": subscribers.url(SINK + one.trigger)}
    return TRIGGER.format(name=one.trigger, order=order, filter=wanted, retry=one.retry, **urls)
