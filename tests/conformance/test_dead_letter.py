"""What the dead letter sink is sent, and what happens when there is none or it fails."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Received, Reply
from support.conformance.row import Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

DETAILS = "4.1; knative/eventing pkg/kncloudevents/attributes/knative_error.go; RecordDispatcherImpl.java"
FAILS = "D11; knative/eventing pkg/channel/fanout/fanout_event_handler.go; RecordDispatcherImpl.java"
SENDER = "3.7; knative/eventing pkg/kncloudevents/event_dispatcher.go; WebClientCloudEventSender.java"
SINK = {"uri": "receiver:sink"}
ONCE = {"retry": 0, "deadLetterSink": SINK, "timeout": "PT2S"}
ERROR = ("knativeerrordest", "knativeerrorcode", "knativeerrordata")
BIG = b"0123456789" * 200


def told(scene: Scene, dead: Received, to: str = "subscriber") -> dict[str, str]:
    """The failure as the dead letter tells it; the subscriber's address as its name."""
    details = {name.removeprefix("knativeerror"): dead.header(f"ce-{name}") for name in ERROR}
    given = {name: value for name, value in details.items() if value is not None}
    return given | ({"dest": to} if given.get("dest") == scene.address(to) else {})


def text(body: bytes) -> str:
    return base64.b64encode(body).decode()


def failing(
    name: str, expected: Mapping[str, Any], reply: Reply, source: str = DETAILS, mesh_only: str = "", **attributes: str
) -> Row:
    """The details that the sink is told of a subscriber that answers so."""

    async def see(scene: Scene) -> object:
        scene.place().answers(reply)
        await scene.send(b"{}", (), **attributes)
        return told(scene, await scene.delivered("sink"))

    return Row(
        name=name, source=source, see=see, expected=expected, triggers=(Trigger(delivery=ONCE),), mesh_only=mesh_only
    )


def details(code: str, data: str | None, dest: str = "subscriber") -> dict[str, str]:
    plain = {"dest": dest, "code": code}
    return plain if data is None else plain | {"data": data}


HERE = {"dest": "subscriber"}
PANIC = "the cluster's MT channel panics on it (design 7, stated exception)"

DETAIL = [
    failing("a status and a body", both(details("422", text(b"no"))), Reply(status=422, body=b"no")),
    failing("a status and no body", each(kafka=details("500", None), mt=details("500", "")), Reply(status=500)),
    failing("a body of 768 bytes", both(details("400", text(BIG[:768]))), Reply(status=400, body=BIG[:768])),
    failing(
        "a body of 2000 bytes",
        each(kafka=details("400", text(BIG[:1024])), mt=details("400", text(BIG)[:1024])),
        Reply(status=400, body=BIG),
        mesh_only=PANIC,
    ),
    failing("a time-out", each(kafka=HERE, mt={}), Reply(hang=True)),
    failing("a reply that is no event", each(kafka=HERE, mt={}), Reply(body=b"done"), f"D4; {DETAILS}"),
]


async def _refused(scene: Scene) -> object:
    """Nothing listens where the subscriber should be."""
    await scene.send()
    dead = told(scene, await scene.delivered("sink"))
    words = base64.b64decode(dead.get("data", ""))[:16]
    return dead["dest"], dead.get("code"), words


async def _reply_url(scene: Scene) -> object:
    headers = (("ce-specversion", "1.0"), ("ce-source", "/step"), ("ce-type", "incomplete"))
    scene.place().answers(Reply(headers=headers, body=b"x"))
    await scene.send()
    dead = told(scene, await scene.delivered("sink"))
    return dead["dest"].replace(scene.url(), "the broker"), dead.get("code")


def died(
    name: str,
    at_sink: Any,
    expected: Mapping[str, Any],
    source: str = DETAILS,
    reply: Reply = Reply(status=422),  # noqa: B008 - a value
    **attributes: str,
) -> Row:
    """Something about the dead letter of an event with these attributes."""

    async def see(scene: Scene) -> object:
        scene.place().answers(reply)
        await scene.send(b"{}", (("content-type", "application/json"),), **attributes)
        dead = await scene.delivered("sink")
        return at_sink(dead) if callable(at_sink) else [dead.header(header) for header in at_sink]

    return Row(name=name, source=source, see=see, expected=expected, triggers=(Trigger(delivery=ONCE),))


KNE = Reply(status=422, headers=(("kne-reason", "poison"), ("Kne-Retry", "never"), ("x-kne", "1")))
TIMES: dict[str, Any] = {"time": "2026-01-02T03:04:05Z", "subject": "ride/1", "rideid": "r-1", "id": "dead-1"}


def present(*headers: str) -> Any:
    return lambda dead: [dead.header(header) is not None for header in headers]


EVENT = [
    died(
        "the event itself",
        lambda dead: [dead.header(f"ce-{name}") for name in TIMES] + [dead.header("content-type"), dead.body],
        both([*TIMES.values(), "application/json", b"{}"]),
        **TIMES,
    ),
    died("kne- headers", ("ce-reason", "ce-retry"), each(kafka=["poison", "never"], mt=[None, None]), reply=KNE),
    died(
        "the broker's own extensions",
        present("ce-knativekafkapartition", "ce-knativekafkaoffset", "ce-knativebrokerttl", "ce-knativearrivaltime"),
        each(kafka=[True, True, False, False], mt=[False, False, True, True]),
    ),
    died("a 0.3 event dies", ("ce-specversion",), each(kafka=["1.0"], mt=["0.3"]), "D18", specversion="0.3"),
    died(
        "the schema of a 0.3 event that dies",
        ("ce-dataschema", "ce-schemaurl"),
        each(kafka=["http://s", None], mt=[None, "http://s"]),
        "D18; RecordDispatcherImpl.java",
        specversion="0.3",
        schemaurl="http://s",
    ),
    died("Prefer at the sink", ("prefer",), each(kafka=["reply"], mt=[None]), SENDER),
    died("Kn-Namespace at the sink", present("kn-namespace"), both([True]), SENDER),
]


def ends(name: str, expected: Mapping[str, Any], delivery: Mapping[str, Any], source: str = FAILS) -> Row:
    """The producer's answer when a subscriber fails for good, and what the mesh lists."""

    async def see(scene: Scene) -> object:
        scene.place().answers(Reply(status=400))
        scene.place("sink").answers(Reply(status=500))
        answer = await scene.send()
        sunk = await scene.calls("sink", scene.expected[1])
        return answer.status, sunk, await states(scene)

    return Row(name=name, source=source, see=see, expected=expected, triggers=(Trigger(delivery=delivery),))


async def states(scene: Scene) -> list[str]:
    """Of the row's dead letters, where there is a mesh that lists them."""
    if scene.stage.cli is None:
        return ["kept"]
    listed = await scene.cli("dead-letters", "list", "--type", scene.row.key)
    return [letter["state"] for letter in listed]


RETRY_SINK = {"retry": 2, "backoffDelay": "PT0.01S", "backoffPolicy": "linear", "deadLetterSink": SINK}


async def _sink_retried(scene: Scene) -> object:
    scene.place().answers(Reply(status=400))
    scene.place("sink").answers(Reply(status=503), Reply(status=503), Reply())
    answer = await scene.send()
    await scene.place("sink").reached(3)
    return answer.status, len(scene.place().received), await scene.calls("sink")


def seen(name: str, see: Any, expected: Mapping[str, Any], trigger: Trigger, source: str = DETAILS) -> Row:
    return Row(name=name, source=source, see=see, expected=expected, triggers=(trigger,))


NOBODY = Trigger(delivery=ONCE, subscriber={"uri": "http://127.0.0.1:1/nobody"})
NOBODY_THERE = "http://127.0.0.1:1/nobody"

OTHERS = [
    seen(
        "nobody listens",
        _refused,
        each(kafka=(NOBODY_THERE, None, b""), mt=(NOBODY_THERE, "500", b"dispatch error: ")),
        NOBODY,
    ),
    seen(
        "the broker refuses the reply",
        _reply_url,
        each(kafka=("subscriber", None), mt=("the broker", "400")),
        Trigger(delivery=ONCE),
        "3.8; knative/eventing pkg/kncloudevents/event_dispatcher.go",
    ),
    ends("no dead letter sink", each(kafka=(202, 0, ["kept"]), mt=(500, 0, ["kept"])), {"retry": 0}),
    ends("a dead letter sink that fails", each(kafka=(202, 3, ["kept"]), mt=(500, 3, ["kept"])), RETRY_SINK),
    seen("the sink is tried again", _sink_retried, both((202, 1, 3)), Trigger(delivery=RETRY_SINK), "4.2"),
]


@pytest.mark.parametrize("row", [*DETAIL, *EVENT, *OTHERS], ids=str)
def test_dead_letter(row: Row, run: Run) -> None:
    run.check(row)
