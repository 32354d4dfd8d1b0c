"""When the producer is answered, and with what, given how the triggers fare."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Reply
from support.conformance.row import Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

WAITS = "D15; knative/eventing pkg/channel/fanout/fanout_event_handler.go; receiver/impl/ReceiverVerticle.java"
FAILS = "D11; knative/eventing pkg/broker/ingress/ingress_handler.go"
SLOW = 2.0  # longer than a busy machine takes to answer at once
AGAIN = {"retry": 1, "backoffPolicy": "exponential", "backoffDelay": "PT2S"}
SINK = {"deadLetterSink": {"uri": "receiver:sink"}}


def event(scene: Scene) -> tuple[tuple[str, str], ...]:
    key = scene.row.key
    return (("ce-specversion", "1.0"), ("ce-id", key), ("ce-source", "/s"), ("ce-type", f"{key}.reply"))


async def _status(scene: Scene) -> int:
    return (await scene.send()).status


async def _slow(scene: Scene) -> object:
    scene.place().answers(Reply(delay=SLOW))
    answer = await scene.send()
    return answer.status, answer.seconds >= SLOW


async def _retried(scene: Scene) -> object:
    scene.place().answers(Reply(status=503), Reply())
    answer = await scene.send()
    return answer.status, answer.seconds >= SLOW


async def _slow_sink(scene: Scene) -> object:
    scene.place().answers(Reply(status=400))
    scene.place("sink").answers(Reply(delay=SLOW))
    answer = await scene.send()
    return answer.status, answer.seconds >= SLOW


async def _slow_after_reply(scene: Scene) -> object:
    scene.place().answers(Reply(headers=event(scene)))
    scene.place("replied").answers(Reply(delay=SLOW))
    answer = await scene.send()
    return answer.status, answer.seconds >= SLOW


async def _one_of_two(scene: Scene) -> object:
    scene.place("other").answers(Reply(status=400))
    answer = await scene.send()
    await scene.place("other").reached()
    return answer.status, len(await scene.place().reached())


async def _gone(scene: Scene) -> object:
    """A producer that hangs up changes nothing."""
    scene.place().answers(Reply(status=503), Reply())
    sending = scene.begin()
    await scene.delivered()
    sending.cancel()
    return len(await scene.place().reached(2))


async def _many(scene: Scene) -> object:
    """Each of many producers at once is answered."""
    answers = await asyncio.gather(*(scene.send() for _ in range(100)))
    await scene.place().reached(100)
    return {answer.status for answer in answers}


def row(name: str, see: Any, expected: Mapping[str, Any], *triggers: Trigger, source: str = WAITS) -> Row:
    return Row(name=name, source=source, see=see, expected=expected, triggers=triggers)


PLAIN, REPLIED = Trigger(), Trigger(to="receiver:replied", type=".reply")
UNANSWERED = Trigger(delivery={"retry": 0})

ROWS = [
    row("no trigger wants it", _status, both(202)),
    row("a slow subscriber", _slow, each(kafka=(202, False), mt=(202, True)), PLAIN),
    row(
        "a subscriber that is tried again", _retried, each(kafka=(202, False), mt=(202, True)), Trigger(delivery=AGAIN)
    ),
    row("a slow dead letter sink", _slow_sink, each(kafka=(202, False), mt=(202, True)), Trigger(delivery=SINK)),
    row("a slow subscriber of the reply", _slow_after_reply, each(kafka=(202, False), mt=(202, True)), PLAIN, REPLIED),
    row(
        "one of two subscribers fails",
        _one_of_two,
        each(kafka=(202, 1), mt=(500, 1)),
        PLAIN,
        Trigger(to="receiver:other", delivery={"retry": 0}),
        source=FAILS,
    ),
    row("the producer hangs up", _gone, both(2), Trigger(delivery=AGAIN)),
    row("a hundred producers at once", _many, both({202}), PLAIN),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_producer(row: Row, run: Run) -> None:
    run.check(row)
