"""The mesh's end of a receiver's link: what comes is published, and answered when it is stored or cannot be."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import msgspec

from mesh.broker.broker_class import BrokerClass
from mesh.errors import LedgerUnavailable
from mesh.event import Event
from mesh.receiver.link import Link
from mesh.receiver.messages import Answers, Events, FromReceiver, Heard, Publish, Serve

logger = logging.getLogger(__name__)


class Broker(Protocol):
    """A broker, seen from here."""

    broker_class: BrokerClass

    def publish(self, event: Event, then: Callable[[bool | Exception], None]) -> None: ...


class Intake:
    """Of one receiver, as long as it runs. Answers of one turn of the loop leave together."""

    def __init__(self, brokers: Mapping[str, Broker]) -> None:
        self.link: Link[Events | Heard] = Link(_decode, self._take, self._receiver_gone)
        self._brokers = brokers
        self._accepted: list[int] = []
        self._not_stored: list[int] = []
        self._unheard: deque[asyncio.Future[bool]] = deque()
        self._gone = False

    def tell(self, serve: Serve) -> asyncio.Future[bool]:
        """Tell which brokers there are; the future says whether that holds now, or the receiver is gone."""
        heard: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._unheard.append(heard)
        self.link.send(serve)
        if self._gone:
            self._hear(holds=False)
        return heard

    def _take(self, message: Events | Heard) -> None:
        if isinstance(message, Heard):
            self._hear(holds=True)
            return
        for one in message.events:
            self._publish(one)

    def _publish(self, one: Publish) -> None:
        broker = self._brokers.get(one.broker)
        if broker is None:  # removed while the event came; one who tries again will be told so
            self._answer(one.number, False)
            return
        try:
            broker.publish(one.event, partial(self._answer, one.number))
        except Exception as error:  # noqa: BLE001 - told to the producer, and must not cost the others
            self._answer(one.number, error)

    def _answer(self, number: int, answer: bool | Exception) -> None:
        """Tell the producer, and whoever runs the mesh why an event was not stored."""
        if not self._accepted and not self._not_stored:
            asyncio.get_running_loop().call_soon(self._hand_over)
        (self._accepted if answer is True else self._not_stored).append(number)
        if isinstance(answer, LedgerUnavailable):
            logger.error("event not stored: %s", answer)
        elif isinstance(answer, Exception):
            logger.error("event not stored", exc_info=answer)

    def _hand_over(self) -> None:
        answers = Answers(self._accepted, self._not_stored)
        self._accepted, self._not_stored = [], []
        self.link.send(answers)

    def _hear(self, *, holds: bool) -> None:
        heard = self._unheard.popleft()
        if not heard.done():  # the one who waited may have been cancelled
            heard.set_result(holds)

    def _receiver_gone(self) -> None:
        self._gone = True
        while self._unheard:
            self._hear(holds=False)


_decode = msgspec.msgpack.Decoder(FromReceiver).decode
