"""Partitions, offsets and order: class Kafka's; the other class has none of it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Received, Reply
from support.conformance.row import Broker, Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

KEYED = "5 (record key); io.cloudevents.kafka.PartitionKeyExtensionInterceptor, Kafka's default partitioner"
COUNT = "5 (broker ConfigMap); eventing-kafka-broker control-plane kafka/topic.go"
PLACED = "D7; eventing-kafka-broker dispatcher/impl/RecordDispatcherMutatorChain.java"
ORDER = "5 (ordered); eventing-kafka-broker OrderedConsumerVerticle.java, OrderedAsyncExecutor.java"
ANNOTATION = "kafka.eventing.knative.dev/delivery.order"
AGAIN = {"retry": 2, "backoffPolicy": "exponential", "backoffDelay": "PT0.4S"}
OWN = (Broker(partitions=10),)
EVENTS = 12
FIRST = ["first"] * 3
OVERTAKEN = "overtaken"


def partition(got: Received) -> int | None:
    value = got.header("ce-knativekafkapartition")
    return None if value is None else int(value)


def offset(got: Received) -> int:
    return int(got.header("ce-knativekafkaoffset") or "-1")


def keyed(key: str, kafka: int) -> Row:
    """The partition of ten that Kafka's own partitioner gives a key (from the vectors of its UtilsTest)."""

    async def see(scene: Scene) -> int | None:
        await scene.send(partitionkey=key)
        return partition(await scene.delivered())

    expected = each(kafka=kafka, mt=None)
    return Row(
        name=f"the partition of {key}", source=KEYED, see=see, expected=expected, triggers=(Trigger(),), brokers=OWN
    )


async def _one_partition(scene: Scene) -> object:
    await asyncio.gather(*(scene.send(partitionkey="ride-7") for _ in range(EVENTS)))
    return len({partition(got) for got in await scene.place().reached(EVENTS)})


async def _all_partitions(scene: Scene) -> object:
    await asyncio.gather(*(scene.send() for _ in range(EVENTS * 4)))
    return len({partition(got) for got in await scene.place().reached(EVENTS * 4)}) > 1


async def _offsets(scene: Scene) -> object:
    """Whether the offsets of each partition follow one another without a gap."""
    await asyncio.gather(*(scene.send(partitionkey=f"ride-{n % 5}") for n in range(EVENTS)))
    got = await scene.place().reached(EVENTS)
    by_partition = [sorted(offset(one) for one in got if partition(one) == number) for number in range(10)]
    return all(offsets == list(range(offsets[0], offsets[0] + len(offsets))) for offsets in by_partition if offsets)


async def _only_partition(scene: Scene) -> object:
    keyed = (scene.send(partitionkey=f"ride-{n}") for n in range(EVENTS))
    await asyncio.gather(*keyed, *(scene.send() for _ in range(EVENTS)))
    return {partition(got) for got in await scene.place().reached(2 * EVENTS)}


async def _of_reply(scene: Scene) -> object:
    """The reply's own key decides on its partition, not its cause's."""
    key = scene.row.key
    headers = (("ce-specversion", "1.0"), ("ce-id", key), ("ce-source", "/s"), ("ce-type", f"{key}.reply"))
    scene.place().answers(Reply(headers=(*headers, ("ce-partitionkey", "foobar"))))
    await scene.send(partitionkey="abc")
    return partition(await scene.delivered()), partition(await scene.delivered("replied"))


async def _late(scene: Scene, first: Reply, *others: str) -> object:
    """The order of arrival when the first event fails twice and others come while it waits, or who is overtaken."""
    scene.place().answers(first, first, Reply(), to="first")
    scene.begin(id="first", partitionkey="abc")
    await scene.delivered()
    for number, key in enumerate(others, 1):
        scene.begin(id=f"{key}-{number}", partitionkey=key)
        await asyncio.sleep(0.05)
    got = await scene.place().reached(3 + len(others))
    ids = [one.id or "" for one in got]
    return ids if ids[:3] == FIRST else "overtaken"


def ordering(name: str, order: str | None, expected: Mapping[str, Any], *others: str) -> Row:
    async def see(scene: Scene) -> object:
        return await _late(scene, Reply(status=503), *others)

    annotations = None if order is None else {ANNOTATION: order}
    trigger = Trigger(delivery=AGAIN, annotations=annotations)
    return Row(name=name, source=ORDER, see=see, expected=expected, triggers=(trigger,), brokers=OWN)


async def _dies(scene: Scene) -> object:
    """Order holds to the end: what comes after waits for the dead letter sink, too."""
    scene.place().answers(Reply(status=503), to="first")
    scene.place("sink").answers(Reply(delay=0.3))
    scene.begin(id="first", partitionkey="abc")
    await scene.delivered()
    scene.begin(id="next", partitionkey="abc")
    await scene.place().reached(4)
    dead = await scene.delivered("sink")
    got = scene.place().received
    return [one.id for one in got][:3] == FIRST, got[-1].at - dead.at >= 0.3


REPLYING = (Trigger(), Trigger(to="receiver:replied", type=".reply"))
DYING = Trigger(delivery=AGAIN | {"deadLetterSink": {"uri": "receiver:sink"}}, annotations={ANNOTATION: "ordered"})

ORDERED = [
    ordering("ordered", "ordered", each(kafka=[*FIRST, "abc-1", "abc-2"], mt=OVERTAKEN), "abc", "abc"),
    ordering("ordered in capitals", "Ordered", each(kafka=[*FIRST, "abc-1", "abc-2"], mt=OVERTAKEN), "abc", "abc"),
    ordering("ordered, other keys go on", "ordered", both(OVERTAKEN), "foobar"),
    ordering("unordered", "unordered", both(OVERTAKEN), "abc", "abc"),
    ordering("order is not asked for", None, both(OVERTAKEN), "abc", "abc"),
    Row(
        name="ordered until the dead letter is sunk",
        source=ORDER,
        see=_dies,
        expected=each(kafka=(True, True), mt=(False, False)),
        triggers=(DYING,),
        brokers=OWN,
    ),
]


def placed(name: str, see: Any, expected: Mapping[str, Any], source: str, *, partitions: int = 10) -> Row:
    own = (Broker(partitions=partitions),)
    return Row(name=name, source=source, see=see, expected=expected, triggers=(Trigger(),), brokers=own)


PLACES = [
    keyed("foobar", 6),
    keyed("abc", 7),
    keyed("21", 0),
    keyed("a-little-bit-long-string", 2),
    placed("one key, one partition", _one_partition, both(1), KEYED),
    placed("events without a key are spread", _all_partitions, each(kafka=True, mt=False), KEYED),
    placed("offsets without gaps", _offsets, both(True), PLACED),
    placed("one partition", _only_partition, each(kafka={0}, mt={None}), COUNT, partitions=1),
    Row(
        name="the key of a reply",
        source="3.8; eventing-kafka-broker dispatcher/impl/ResponseToKafkaTopicHandler.java",
        see=_of_reply,
        expected=each(kafka=(7, 6), mt=(None, None)),
        triggers=REPLYING,
        brokers=OWN,
    ),
]


@pytest.mark.parametrize("row", [*PLACES, *ORDERED], ids=str)
def test_order(row: Row, run: Run) -> None:
    run.check(row)
