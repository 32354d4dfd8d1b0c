"""Where events come in: the decisions on a request, in the order of the Kafka broker's receiver.

Source: knative-extensions/eventing-kafka-broker receiver/impl/ReceiverVerticle.java and impl/handler: probe, method,
resource, event, produce.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from mesh.broker.broker_class import BrokerClass
from mesh.broker.exchange import Answer, Application, Head
from mesh.errors import LedgerUnavailable
from mesh.event import Event, NotACloudEvent, from_http

_PROBES = (b"/healthz", b"/readyz")

logger = logging.getLogger(__name__)


class Inlet(Protocol):
    """A broker, seen from its ingress."""

    broker_class: BrokerClass

    def publish(self, event: Event) -> "asyncio.Future[list[int]]":
        """Store the event; the future is done when it is on disk, or fails with LedgerUnavailable."""
        ...


class Ingress(Application):
    """`inlets` maps `/namespace/name` to a broker; `default` is the class that answers for paths that are none's."""

    def __init__(self, inlets: Mapping[bytes, Inlet], default: BrokerClass) -> None:
        self._inlets = inlets
        self._default = default
        self.ready = False
        self.max_body_bytes = default.max_event_bytes
        self.too_large = Answer(default.not_stored)

    def early(self, head: Head) -> Answer | None:
        path = _path(head.target)
        if head.method == "GET":
            probe = self._probe(head, path)
            if probe is not None:
                return probe
        if head.method != "POST":
            return Answer(self._default.not_allowed)
        if self._inlet(path) is None:
            return Answer(self._default.unknown_broker)
        return None

    def handle(self, head: Head, body: bytes) -> Answer | asyncio.Future[Answer]:
        inlet = self._inlets[_path(head.target).removesuffix(b"/")]
        try:
            event = from_http(head.headers, body)
        except NotACloudEvent as problem:
            # The cluster answers without a body; the reason goes to whoever runs the mesh.
            logger.warning("event refused at %s: %s", _path(head.target).decode("latin-1"), problem)
            return Answer(inlet.broker_class.malformed)
        return _answered(inlet, inlet.publish(event))

    def _inlet(self, path: bytes) -> Inlet | None:
        return self._inlets.get(path.removesuffix(b"/"))

    def _probe(self, head: Head, path: bytes) -> Answer | None:
        if path in _PROBES:
            return Answer(200 if self.ready else 503)
        if _header(head, b"k-network-probe") == b"probe":
            echoed = (_header(head, b"k-network-hash") or b"").decode("latin-1")
            return Answer(404) if self._inlet(path) is None else Answer(200, (("K-Network-Hash", echoed),))
        return None


def _answered(inlet: Inlet, stored: "asyncio.Future[list[int]]") -> asyncio.Future[Answer]:
    answer: asyncio.Future[Answer] = stored.get_loop().create_future()

    def settle(done: "asyncio.Future[list[int]]") -> None:
        error = done.exception()
        if isinstance(error, LedgerUnavailable):
            logger.error("event not stored: %s", error)
        elif error is not None:
            logger.error("event not stored", exc_info=error)
        answer.set_result(Answer(inlet.broker_class.accepted if error is None else inlet.broker_class.not_stored))

    stored.add_done_callback(settle)
    return answer


def _path(target: bytes) -> bytes:
    """The raw path: no percent-decoding, absolute-form accepted (RFC 9112 3.2.2), the query left out."""
    path = target.partition(b"?")[0]
    if path.startswith(b"/"):
        return path
    return b"/" + path.partition(b"://")[2].partition(b"/")[2]


def _header(head: Head, name: bytes) -> bytes | None:
    return next((value for key, value in head.headers if key.lower() == name), None)
