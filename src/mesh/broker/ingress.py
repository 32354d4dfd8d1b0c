"""Where events come in: each request is decided on as the class of the broker at its path does.

Source: knative-extensions/eventing-kafka-broker receiver/impl/ReceiverVerticle.java and impl/handler;
knative/eventing pkg/broker/ingress/ingress_handler.go.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from mesh.broker import kafka_class
from mesh.broker.broker_class import KAFKA, BrokerClass
from mesh.broker.exchange import Application
from mesh.clock import Clock
from mesh.errors import LedgerUnavailable
from mesh.event import Event, NotACloudEvent
from mesh.wire import Answer, Head

ACCEPTED, MALFORMED, UNKNOWN = 202, 400, 404

logger = logging.getLogger(__name__)


class Inlet(Protocol):
    """A broker, seen from its ingress."""

    broker_class: BrokerClass

    def publish(self, event: Event) -> "asyncio.Future[bool]":
        """Store the event; the future says whether to answer with success, or fails with LedgerUnavailable."""
        ...


class Ingress(Application):
    """`inlets` maps `namespace/name` to a broker, and may change."""

    def __init__(self, inlets: Mapping[str, Inlet], clock: Clock) -> None:
        self._inlets = inlets
        self._clock = clock
        self.ready = False

    def early(self, head: Head) -> Answer | None:
        answering = self._class_at(head)
        answer = answering.early(head, self._at(answering.path(head.target)) is not None, self.ready)
        return None if answer is None else _from(answering, answer)

    def max_body_bytes(self, head: Head) -> int:
        return self._class_at(head).max_event_bytes

    def not_stored(self, head: Head) -> Answer:
        answering = self._class_at(head)
        return _from(answering, Answer(answering.not_stored))

    def handle(self, head: Head, body: bytes) -> Answer | asyncio.Future[Answer]:
        answering = self._class_at(head)
        path = answering.path(head.target)
        try:
            event = answering.read(head.headers, body)
            inlet = self._at(path)
            if inlet is None:
                return _from(answering, Answer(UNKNOWN))
            admitted = answering.admit(event.with_headers(answering.travels(head.headers)), self._clock.now())
        except NotACloudEvent as problem:
            # The cluster answers without a body; the reason goes to whoever runs the mesh.
            logger.warning("event refused at %s: %s", path.decode("latin-1"), problem)
            return _from(answering, Answer(MALFORMED))
        return _answered(answering, inlet.publish(admitted))

    def _at(self, path: bytes) -> Inlet | None:
        return self._inlets.get(path[1:].decode("latin-1"))

    def _class_at(self, head: Head) -> BrokerClass:
        """The class of the broker at that path; for a path that is none's, Kafka where the mesh has one of it."""
        inlet = self._at(kafka_class.path(head.target))
        if inlet is not None:
            return inlet.broker_class
        classes = {each.broker_class.name: each.broker_class for each in self._inlets.values()}
        return classes.get(KAFKA.name) or next(iter(classes.values()), KAFKA)


def _answered(answering: BrokerClass, published: "asyncio.Future[bool]") -> asyncio.Future[Answer]:
    answer: asyncio.Future[Answer] = published.get_loop().create_future()

    def settle(done: "asyncio.Future[bool]") -> None:
        error = done.exception()
        if isinstance(error, LedgerUnavailable):
            logger.error("event not stored: %s", error)
        elif error is not None:
            logger.error("event not stored", exc_info=error)
        accepted = error is None and done.result()
        answer.set_result(_from(answering, Answer(ACCEPTED if accepted else answering.not_stored)))

    published.add_done_callback(settle)
    return answer


def _from(answering: BrokerClass, answer: Answer) -> Answer:
    """The answer with what the class says in every one."""
    return Answer(answer.status, answering.headers + answer.headers, answer.body) if answering.headers else answer
