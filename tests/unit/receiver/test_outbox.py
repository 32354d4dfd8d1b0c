"""The receiver's side of what it hands to the mesh."""

import asyncio

import pytest

from mesh.broker.broker_class import KAFKA
from mesh.receiver.messages import Answers, Events, Publish
from mesh.receiver.outbox import TOGETHER, Outbox, RemoteInlet
from support.events import event


class Sent:
    def __init__(self) -> None:
        self.messages: list[Events] = []
        self.outbox = Outbox(self.messages.append)
        self.told: list[tuple[str, bool]] = []

    def publish(self, broker: str, event_id: str) -> None:
        inlet = RemoteInlet(broker, KAFKA, self.outbox)
        inlet.publish(event(event_id), lambda accepted: self.told.append((event_id, accepted)))


@pytest.fixture
def sent() -> Sent:
    return Sent()


async def test_what_comes_in_one_turn_of_the_loop_leaves_together_and_in_order(sent: Sent) -> None:
    sent.publish("cabs/default", "e-1")
    sent.publish("cabs/other", "e-2")
    assert sent.messages == []
    await asyncio.sleep(0)
    sent.publish("cabs/default", "e-3")
    await asyncio.sleep(0)
    first = Events([Publish(1, "cabs/default", event("e-1")), Publish(2, "cabs/other", event("e-2"))])
    assert sent.messages == [first, Events([Publish(3, "cabs/default", event("e-3"))])]


async def test_when_many_come_in_one_turn_the_mesh_begins_before_all_are_there(sent: Sent) -> None:
    for number in range(TOGETHER + 1):
        sent.publish("cabs/default", f"e-{number}")
    assert [len(message.events) for message in sent.messages] == [TOGETHER]
    await asyncio.sleep(0)
    assert [len(message.events) for message in sent.messages] == [TOGETHER, 1]


async def test_nothing_is_sent_twice_or_empty(sent: Sent) -> None:
    for number in range(TOGETHER):
        sent.publish("cabs/default", f"e-{number}")
    await asyncio.sleep(0)
    assert [len(message.events) for message in sent.messages] == [TOGETHER]


async def test_each_producer_gets_its_own_answer(sent: Sent) -> None:
    for number in (1, 2, 3):
        sent.publish("cabs/default", f"e-{number}")
    sent.outbox.answered(Answers([3, 1], []))
    sent.outbox.answered(Answers([], [2]))
    assert sent.told == [("e-3", True), ("e-1", True), ("e-2", False)]


async def test_one_who_cannot_take_its_answer_costs_no_other(sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    sent.outbox.publish("cabs/default", event(), lambda _: 1 / 0 > 0)  # type: ignore[arg-type]
    sent.publish("cabs/default", "e-2")
    sent.outbox.answered(Answers([1, 2], []))
    assert sent.told == [("e-2", True)]
    assert "an answer was not taken" in caplog.text
