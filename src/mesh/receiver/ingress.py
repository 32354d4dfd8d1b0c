"""Where events come in: each request is decided on as the class of the broker at its path does.

Source: knative-extensions/eventing-kafka-broker receiver/impl/ReceiverVerticle.java and impl/handler;
knative/eventing pkg/broker/ingress/ingress_handler.go.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import msgspec

from mesh.broker import kafka_class
from mesh.broker.broker_class import KAFKA, BrokerClass
from mesh.clock import Clock
from mesh.event import Event, NotACloudEvent
from mesh.wire import Answer, Head

ACCEPTED, MALFORMED, UNKNOWN = 202, 400, 404

logger = logging.getLogger(__name__)


class Inlet(Protocol):
    """A broker, seen from the receiver."""

    broker_class: BrokerClass

    def publish(self, event: Event, then: Callable[[bool], None]) -> None:
        """Store the event; `then` is told whether to answer with success."""
        ...


class Ingress:
    """Implements `Application`. `inlets` maps `namespace/name` to a broker, and may change."""

    def __init__(self, inlets: Mapping[str, Inlet], clock: Clock) -> None:
        self._inlets = inlets
        self._clock = clock
        self.ready = False

    def receive(self, head: Head) -> "Received":
        """Find the broker at the request's path, and the class that answers there."""
        path = kafka_class.path(head.target)
        inlet = self._at(path)
        answering = self._class_of_none() if inlet is None else inlet.broker_class
        if answering.path is not kafka_class.path:
            path = answering.path(head.target)
            inlet = self._at(path)
        early = answering.early(head, inlet is not None, self.ready)
        return Received(head, path, answering, inlet, None if early is None else _from(answering, early), self._clock)

    def _at(self, path: bytes) -> Inlet | None:
        return self._inlets.get(path[1:].decode("latin-1"))

    def _class_of_none(self) -> BrokerClass:
        """The class that answers on a path that is no broker's: Kafka where the mesh has one of it."""
        classes = {each.broker_class.name: each.broker_class for each in self._inlets.values()}
        return classes.get(KAFKA.name) or next(iter(classes.values()), KAFKA)


class Received(msgspec.Struct, frozen=True, gc=False):
    """Implements `Reception`: one request, as the broker class at its path decides."""

    head: Head
    path: bytes
    answering: BrokerClass
    inlet: Inlet | None
    early: Answer | None
    clock: Clock

    @property
    def max_body_bytes(self) -> int:
        return self.answering.max_event_bytes

    def not_stored(self) -> Answer:
        return _from(self.answering, Answer(self.answering.not_stored))

    def handle(self, body: bytes, then: Callable[[Answer], None]) -> None:
        answering = self.answering
        try:
            event = answering.read(self.head.headers, body)
            if self.inlet is None:
                then(_from(answering, Answer(UNKNOWN)))
                return
            admitted = answering.admit(event.with_headers(answering.travels(self.head.headers)), self.clock.now())
        except NotACloudEvent as problem:
            # The cluster answers without a body; the reason goes to whoever runs the mesh.
            logger.warning("event refused at %s: %s", self.path.decode("latin-1"), problem)
            then(_from(answering, Answer(MALFORMED)))
            return
        self.inlet.publish(admitted, partial(_told, answering, then))


def _told(answering: BrokerClass, then: Callable[[Answer], None], stored: bool) -> None:
    then(_from(answering, Answer(ACCEPTED if stored else answering.not_stored)))


def _from(answering: BrokerClass, answer: Answer) -> Answer:
    """The answer with what the class says in every one."""
    return Answer(answer.status, answering.headers + answer.headers, answer.body) if answering.headers else answer
