"""The mesh's side of what its receiver hands over."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from mesh.broker.broker_class import KAFKA, MT
from mesh.errors import LedgerUnavailable
from mesh.event import Event
from mesh.receiver.intake import Intake
from mesh.receiver.messages import Answers, Events, Heard, Publish, Serve, Stop, ToReceiver
from support.events import event
from support.serving import Transport

DEFAULT, OTHER = "cabs/default", "cabs/other"


class Broker:
    """Answers when the test does; raises for an event of type `bug`."""

    def __init__(self, broker_class: object = KAFKA) -> None:
        self.broker_class = broker_class
        self.asked: list[Callable[[bool | Exception], None]] = []

    def publish(self, published: Event, then: Callable[[bool | Exception], None]) -> None:
        if published.type == "bug":
            raise RuntimeError("a bug")
        self.asked.append(then)


class Receiver:
    """The other half, without a socket."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.brokers = {DEFAULT: self.broker, OTHER: Broker(MT)}
        self.intake = Intake(self.brokers)  # type: ignore[arg-type]
        self._transport = Transport()
        self.intake.link.connection_made(self._transport)

    def says(self, message: Events | Heard) -> None:
        encoded = msgspec.msgpack.encode(message)
        self.intake.link.data_received(len(encoded).to_bytes(4) + encoded)

    def publishes(self, *events: Event, broker: str = DEFAULT) -> None:
        self.says(Events([Publish(number, broker, each) for number, each in enumerate(events, 1)]))

    async def heard(self) -> list[Serve | Answers | Stop]:
        """What it was told since it was last asked."""
        await asyncio.sleep(0)
        told, self._transport.written = self._transport.written, b""
        messages = []
        while told:
            end = 4 + int.from_bytes(told[:4])
            messages.append(msgspec.msgpack.decode(told[4:end], type=ToReceiver))
            told = told[end:]
        return messages


@pytest.fixture
async def receiver() -> Receiver:
    return Receiver()


async def test_an_event_is_answered_when_its_broker_has_stored_it(receiver: Receiver) -> None:
    receiver.publishes(event("e-1"), event("e-2"), event("e-3"))
    assert await receiver.heard() == []
    receiver.broker.asked[2](True)
    receiver.broker.asked[0](True)
    assert await receiver.heard() == [Answers([3, 1], [])]
    receiver.broker.asked[1](False)
    assert await receiver.heard() == [Answers([], [2])]


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (LedgerUnavailable("the disk is full"), "event not stored: the disk is full"),
        (RuntimeError("a bug"), "RuntimeError: a bug"),
    ],
)
async def test_what_cannot_be_stored_is_answered_and_logged(
    receiver: Receiver, error: Exception, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.publishes(event())
    receiver.broker.asked[0](error)
    assert await receiver.heard() == [Answers([], [1])]
    assert logged in caplog.text


async def test_an_event_that_a_broker_trips_over_costs_no_other(receiver: Receiver) -> None:
    receiver.publishes(event("e-1", "bug"), event("e-2"))
    receiver.broker.asked[0](True)
    assert await receiver.heard() == [Answers([2], [1])]


async def test_an_event_for_a_broker_that_was_just_removed_is_not_stored(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    del receiver.brokers[OTHER]
    receiver.publishes(event(), broker=OTHER)
    assert await receiver.heard() == [Answers([], [1])]
    assert caplog.text == ""  # nothing went wrong


async def test_what_it_is_told_holds_when_the_receiver_says_so(receiver: Receiver) -> None:
    serve = Serve({DEFAULT: "Kafka", OTHER: "MTChannelBasedBroker"}, ready=False)
    holds = [receiver.intake.tell(serve), receiver.intake.tell(Serve({}, ready=True))]
    assert await receiver.heard() == [serve, Serve({}, ready=True)]
    receiver.says(Heard())
    assert [one.done() for one in holds] == [True, False]
    receiver.says(Heard())
    assert [one.result() for one in holds] == [True, True]


async def test_nobody_waits_for_a_receiver_that_is_gone(receiver: Receiver) -> None:
    waiting = receiver.intake.tell(Serve({}, ready=True))
    receiver.intake.link.connection_lost(None)
    assert waiting.result() is False
    assert receiver.intake.tell(Serve({}, ready=True)).result() is False
