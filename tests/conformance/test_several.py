"""Several brokers and namespaces in one mesh; brokers that feed one another; subscribers that do not hold others up."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Reply
from support.conformance.row import Broker, Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

NAMESPACED = "knative/specs eventing/control-plane.md; knative/eventing pkg/reconciler/broker/trigger/trigger.go"
CHAINED = "knative/specs eventing/control-plane.md Trigger.subscriber (a Destination); D6, D7"
ISOLATED = "knative/eventing pkg/channel/fanout; eventing-kafka-broker UnorderedConsumerVerticle.java; design 7"
TWO = (Broker(name="a"), Broker(name="b"))
NAMESAKES = (Broker(name="a", namespace="conformance"), Broker(name="b", namespace="elsewhere"))


def broker_ref(name: str, namespace: str | None = None) -> Mapping[str, Any]:
    ref = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": name}
    return {"ref": ref if namespace is None else {**ref, "namespace": namespace}}


async def _apart(scene: Scene) -> object:
    await scene.send(id="to-a")
    await scene.request("POST", "", scene.attributes(id="to-b"), b"", broker="b")
    await scene.place("b").reached()
    await scene.calls("a", hoped=1)
    return [[got.id for got in scene.place(name).received] for name in ("a", "b")]


async def _namespaces(scene: Scene) -> object:
    await scene.send()
    await scene.request("POST", "", scene.attributes(), b"", broker="b")
    return [(await scene.delivered(name)).header("kn-namespace") for name in ("a", "b")]


async def _chained(scene: Scene) -> object:
    await scene.send(b"fare", (("content-type", "text/x"),), id="chained", rideid="r-1")
    got = await scene.delivered("end")
    return got.id, got.header("ce-rideid"), got.body, got.header("kn-namespace")


async def _refused_down_there(scene: Scene) -> object:
    """What a Broker answers as a subscriber: class Kafka has stored the event, class MT tells of the failure."""
    scene.place("end").answers(Reply(status=400))
    scene.begin()
    await scene.delivered("end")
    return await scene.calls("sink", hoped=scene.expected)


async def _stamped(scene: Scene) -> object:
    """Each broker gives an event its own place, and counts hops from the start again."""
    await scene.send(knativebrokerttl="2")
    got = await scene.delivered("end")
    return got.header("ce-knativekafkaoffset") is not None


async def _as_sink(scene: Scene) -> object:
    scene.place().answers(Reply(status=400))
    await scene.send()
    got = await scene.delivered("end")
    return got.header("ce-knativeerrorcode"), got.header("ce-knativeerrordest") == scene.address("subscriber")


def chained(name: str, see: Any, expected: Mapping[str, Any], delivery: Mapping[str, Any] | None = None) -> Row:
    """Trigger of broker a → broker b → receiver."""
    key = Row(name=name, source="", see=see, expected={}).key
    to_b = Trigger(broker="a", subscriber=broker_ref(f"{key}-b"), delivery=delivery)
    triggers = (to_b, Trigger(broker="b", to="receiver:end", delivery={"retry": 0}))
    return Row(name=name, source=CHAINED, see=see, expected=expected, triggers=triggers, brokers=TWO)


TO_SINK = {"retry": 0, "deadLetterSink": {"uri": "receiver:sink"}}
APART = (Trigger(broker="a", to="receiver:a"), Trigger(broker="b", to="receiver:b"))

BROKERS = [
    Row(
        name="two brokers",
        source=NAMESPACED,
        see=_apart,
        expected=both([["to-a"], ["to-b"]]),
        triggers=APART,
        brokers=TWO,
    ),
    Row(
        name="two namespaces",
        source=f"3.7; {NAMESPACED}",
        see=_namespaces,
        expected=both(["conformance", "elsewhere"]),
        triggers=APART,
        brokers=NAMESAKES,
    ),
    chained("a broker as subscriber", _chained, both(("chained", "r-1", b"fare", "conformance"))),
    chained("a broker as subscriber stamps anew", _stamped, each(kafka=True, mt=False)),
    chained("a failure behind a broker", _refused_down_there, each(kafka=0, mt=1), TO_SINK),
    Row(
        name="a broker in another namespace as subscriber",
        source=CHAINED,
        see=_chained,
        expected=both(("chained", "r-1", b"fare", "elsewhere")),
        triggers=(
            Trigger(broker="a", subscriber=broker_ref("a-broker-in-another-namespace-as-subscriber-b", "elsewhere")),
            Trigger(broker="b", to="receiver:end"),
        ),
        brokers=NAMESAKES,
    ),
    Row(
        name="a broker as dead letter sink",
        source=CHAINED,
        see=_as_sink,
        expected=both(("400", True)),
        triggers=(
            Trigger(broker="a", delivery={"deadLetterSink": broker_ref("a-broker-as-dead-letter-sink-b")}),
            Trigger(broker="b", to="receiver:end"),
        ),
        brokers=TWO,
    ),
]

CROWD = 150  # more than the 100 that a trigger has in hand
WITHIN = {"retry": 0, "timeout": "PT5M"}  # who waits for the one that hangs, waits longer than the row


async def _undisturbed(scene: Scene) -> object:
    """One subscriber hangs, one is slow, nobody listens at a third: the fourth gets everything in the meantime."""
    scene.place("hangs").answers(Reply(hang=True))
    scene.place("slow").answers(Reply(delay=1.0))
    for _ in range(CROWD):
        scene.begin()
    return len({got.id for got in await scene.place("fast").reached(CROWD)})


def undisturbed(name: str, annotations: Mapping[str, str] | None = None) -> Row:
    def trigger(to: str) -> Trigger:
        return Trigger(to=to, delivery=WITHIN, annotations=annotations)

    nobody = "http://127.0.0.1:1/"
    triggers = tuple(map(trigger, ("receiver:hangs", "receiver:slow", nobody, "receiver:fast")))
    return Row(
        name=name, source=ISOLATED, see=_undisturbed, expected=both(CROWD), triggers=triggers, brokers=(Broker(),)
    )


ISOLATION = [
    undisturbed("a subscriber that hangs, a slow one and none"),
    undisturbed(
        "a subscriber that hangs, a slow one and none, ordered",
        {"kafka.eventing.knative.dev/delivery.order": "ordered"},
    ),
]


@pytest.mark.parametrize("row", [*BROKERS, *ISOLATION], ids=str)
def test_several(row: Row, run: Run) -> None:
    run.check(row)
