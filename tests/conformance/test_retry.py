"""Which outcomes are tried again, and after how long, measured where the attempts arrive."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from support.conformance.receiver import Reply
from support.conformance.row import Broker, Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

STATUSES = "3.4; knative/eventing pkg/kncloudevents/retries.go SelectiveRetry; WebClientCloudEventSender.java"
WAITS = "D2; knative/eventing pkg/kncloudevents/retries.go; WebClientCloudEventSender.java computeRetryPolicy"
DEFAULTS = "3.1; eventing-kafka-broker control-plane reconciler/consumer/consumer.go; knative/eventing retries.go"
TIMEOUTS = "3.5; knative/eventing pkg/kncloudevents/event_dispatcher.go; WebClientCloudEventSender.java"
SINK = {"uri": "receiver:sink"}
TIMER_SECONDS = 0.002  # a timer of the broker's may fire within the millisecond before
LATE_SECONDS = 0.19
EVENTS = 6  # so that a pause of the machine's spoils the measure of a few, not of all
BETWEEN_SECONDS = 0.4

SUCCESS = (200, 201, 202, 203, 204, 206, 226, 299)
FAILURE = (300, 301, 302, 303, 304, 305, 307, 308, 399)
REFUSED = (400, 401, 402, 403, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426)
REFUSED_TOO = (428, 430, 431, 451, 499)
RETRIED = (404, 408, 409, 429, 500, 501, 502, 503, 504, 505, 507, 511, 599)


def retrying(retry: int, delay: str | None = "PT0.01S", policy: str | None = "linear", **other: Any) -> Trigger:
    settings = {"retry": retry, "backoffPolicy": policy, "backoffDelay": delay, "deadLetterSink": SINK, **other}
    return Trigger(delivery={name: value for name, value in settings.items() if value is not None})


def answered(status: int, calls: int, dead: bool) -> Row:
    """The subscriber's calls, and the code that the dead letter sink is told."""

    async def see(scene: Scene) -> object:
        scene.place().answers(Reply(status=status))
        await scene.send()
        if dead:
            return (await scene.delivered("sink")).header("ce-knativeerrorcode"), len(scene.place().received)
        await scene.delivered()
        return await scene.calls("sink"), len(scene.place().received)

    seen = (str(status), calls) if dead else (0, calls)
    name = f"status {status} is {'success' if not dead else 'tried again' if calls > 1 else 'the end'}"
    return Row(name=name, source=STATUSES, see=see, expected=both(seen), triggers=(retrying(1),))


OUTCOMES = [
    *(answered(status, 1, dead=False) for status in SUCCESS),
    *(answered(status, 1, dead=True) for status in (*FAILURE, *REFUSED, *REFUSED_TOO)),
    *(answered(status, 2, dead=True) for status in RETRIED),
]


def failing(name: str, reply: Reply, expected: Any, trigger: Trigger, source: str) -> Row:
    """How often a subscriber that answers so is called before the dead letter sink is."""

    async def see(scene: Scene) -> int:
        scene.place().answers(reply)
        await scene.send()
        await scene.delivered("sink")
        return len(scene.place().received)

    return Row(name=name, source=source, see=see, expected=expected, triggers=(trigger,))


DROPPED, SILENT = Reply(drop=True), Reply(hang=True)

CALLS = [
    failing("a broken connection is tried again", DROPPED, both(3), retrying(2), STATUSES),
    failing("a time-out is tried again", SILENT, both(2), retrying(1, timeout="PT2S"), TIMEOUTS),
    failing("retry 0", Reply(status=500), both(1), retrying(0), "3.3"),
    failing("no retry", Reply(status=500), both(1), Trigger(delivery={"deadLetterSink": SINK}), "3.3"),
]


def in_time(seen: list[list[float]], expected: list[float]) -> bool:
    """No wait of any event is early; and of each wait, that of the luckiest event is no later than it should be."""
    each_wait = zip(expected, zip(*seen, strict=True), strict=True)
    return all(wait - TIMER_SECONDS <= min(real) <= wait + LATE_SECONDS for wait, real in each_wait)


def waits(
    name: str,
    kafka: list[float],
    mt: list[float],
    trigger: Trigger,
    source: str = WAITS,
    brokers: tuple[Broker, ...] = (),
    reply: Reply = Reply(status=503),  # noqa: B008 - a value
) -> Row:
    """The seconds between attempts as the receiver sees them arrive, for several events one after another."""

    async def see(scene: Scene) -> list[list[float]]:
        scene.place().answers(reply)
        for number in range(EVENTS):
            scene.begin(id=f"event-{number}")
            await asyncio.sleep(BETWEEN_SECONDS)
        number = len(scene.expected)
        return [await _pauses(scene, f"event-{event}", number) for event in range(EVENTS)]

    expected = each(kafka=kafka, mt=mt)
    return Row(
        name=name,
        source=source,
        see=see,
        expected=expected,
        triggers=(trigger,),
        brokers=brokers,
        holds=in_time,
        measures=True,
    )


async def _pauses(scene: Scene, event: str, number: int) -> list[float]:
    place = scene.place()
    while len(arrived := [request.at for request in place.received if request.id == event]) <= number:
        await place.reached(len(place.received) + 1)
    return [later - earlier for earlier, later in pairwise(arrived[: number + 1])]


D = "PT0.2S"
LINEAR, EXPONENTIAL = retrying(3, D), retrying(3, D, "exponential")
STOCK = (Broker(),)
BUSY = Reply(status=503, headers=(("retry-after", "9"),))

PAUSES = [
    waits("linear waits", [0.2, 0.4, 0.6], [0, 0.2, 0.4], LINEAR),
    waits("exponential waits", [0.4, 0.8, 1.6], [0.2, 0.4, 0.8], EXPONENTIAL),
    waits("no back-off settings", [0.4, 0.8], [0, 0], retrying(2, None, None), DEFAULTS),
    waits("a delay without a policy", [0.2, 0.4], [0, 0], retrying(2, "PT0.1S", None), DEFAULTS),
    waits("linear without a delay", [0.2, 0.4], [0, 0], retrying(2, None), DEFAULTS),
    waits("Retry-After is not heeded", [0.1, 0.2], [0, 0.1], retrying(2, "PT0.1S"), "D12", reply=BUSY),
    waits("a Broker without delivery", [0.4, 0.8], [0.2, 0.4], Trigger(), "3.1; config-br-defaults", STOCK),
]


async def _patient(scene: Scene) -> bool:
    """A subscriber that is slow, and quicker than the time-out, is waited for."""
    scene.place().answers(Reply(delay=2.0))
    await scene.send()
    await scene.delivered()
    return await scene.calls() == 1 and not scene.place("sink").received


async def _redirected(scene: Scene) -> object:
    scene.place().answers(Reply(status=307, headers=(("location", scene.address("elsewhere")),)))
    await scene.send()
    code = (await scene.delivered("sink")).header("ce-knativeerrorcode")
    return code, len(scene.place().received), len(scene.place("elsewhere").received)


def patient(name: str, trigger: Trigger) -> Row:
    return Row(name=name, source=TIMEOUTS, see=_patient, expected=both(True), triggers=(trigger,))


async def _explained(scene: Scene) -> list[float]:
    explained = await scene.cli("explain", f"conformance/{scene.row.key}-1")
    waits: list[float] = explained["waits"]
    return waits


def explained(name: str, kafka: list[float], mt: list[float], trigger: Trigger) -> Row:
    return Row(
        name=name,
        source=f"{WAITS}; issue 4",
        see=_explained,
        expected=each(kafka=kafka, mt=mt),
        triggers=(trigger,),
        mesh_only="it is a command of mesh",
    )


OTHERS = [
    patient("a slow answer in time", retrying(1, timeout="PT5S")),
    patient("a slow answer without a time-out", retrying(1)),
    Row(
        name="a redirect is not followed",
        source="3.4; docs/broker-classes.md, Known differences",
        see=_redirected,
        expected=both(("307", 1, 0)),
        triggers=(retrying(1),),
        mesh_only="the clients' defaults differ, and are not verified",
    ),
    explained("explain says the linear waits", [0.2, 0.4, 0.6], [0, 0.2, 0.4], LINEAR),
    explained("explain says the exponential waits", [0.4, 0.8, 1.6], [0.2, 0.4, 0.8], EXPONENTIAL),
]


@pytest.mark.parametrize("row", [*OUTCOMES, *CALLS, *PAUSES, *OTHERS], ids=str)
def test_retry(row: Row, run: Run) -> None:
    run.check(row)
