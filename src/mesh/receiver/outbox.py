"""The brokers as the receiver sees them: what is published goes to the mesh, and its answer comes back."""

import asyncio
import logging
from collections.abc import Callable

from mesh.broker.broker_class import BrokerClass
from mesh.event import Event
from mesh.receiver.messages import Answers, Events, Publish

TOGETHER = 32  # at most: the mesh begins with these while more are read
Then = Callable[[bool], None]

logger = logging.getLogger(__name__)


class Outbox:
    """Events that the mesh has not answered; those of one turn of the loop leave together, or in a few pieces."""

    def __init__(self, send: Callable[[Events], None]) -> None:
        self._send = send
        self._gathered: list[Publish] = []
        self._waiting: dict[int, Then] = {}
        self._newest = 0

    def publish(self, broker: str, event: Event, then: Then) -> None:
        self._newest += 1
        self._waiting[self._newest] = then
        self._gathered.append(Publish(self._newest, broker, event))
        if len(self._gathered) == 1:
            asyncio.get_running_loop().call_soon(self._hand_over)
        elif len(self._gathered) >= TOGETHER:
            self._hand_over()

    def answered(self, answers: Answers) -> None:
        for number in answers.accepted:
            self._answer(number, accepted=True)
        for number in answers.not_stored:
            self._answer(number, accepted=False)

    def _hand_over(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self._send(Events(gathered))

    def _answer(self, number: int, *, accepted: bool) -> None:
        try:
            self._waiting.pop(number)(accepted)
        except Exception:  # one who cannot take its answer must not cost the others theirs
            logger.exception("an answer was not taken")


class RemoteInlet:
    """Implements `mesh.receiver.ingress.Inlet`: one broker of the mesh."""

    def __init__(self, broker: str, broker_class: BrokerClass, outbox: Outbox) -> None:
        self.broker_class = broker_class
        self._broker = broker
        self._outbox = outbox

    def publish(self, event: Event, then: Then) -> None:
        self._outbox.publish(self._broker, event, then)
