"""What becomes of a subscriber's answer: nothing, an event of the broker's, or a failed delivery."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Reply
from support.conformance.row import KAFKA, MT, Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

READ = "3.8; knative/eventing pkg/broker/filter/filter_handler.go writeResponse; BaseResponseHandler.java"
NO_EVENT = f"D4; {READ}"
ROUTED = "3.8; knative/eventing pkg/kncloudevents/event_dispatcher.go; ResponseToKafkaTopicHandler.java"
OF_SINK = f"4.1; {ROUTED}"
HOPS = "D6; knative/eventing pkg/broker/ttl.go, pkg/broker/filter/filter_handler.go"
SETTINGS = {
    "retry": 1,
    "backoffDelay": "PT0.01S",
    "backoffPolicy": "linear",
    "deadLetterSink": {"uri": "receiver:sink"},
}
TRIGGERS = (Trigger(delivery=SETTINGS), Trigger(to="receiver:replied", type=".reply"))
STRUCTURED = "application/cloudevents+json"

REPLIED = {"calls": 1, "replied": True, "sunk": False}
NOTHING = {"calls": 1, "replied": False, "sunk": False}
AT_ONCE = {"calls": 1, "replied": False, "sunk": True}
RETRIED = {"calls": 2, "replied": False, "sunk": True}


def event(scene: Scene, **changed: str | None) -> tuple[tuple[str, str], ...]:
    """Headers of a reply in binary mode, of the type that the row's second trigger wants."""
    plain: dict[str, str | None] = {"specversion": "1.0", "id": f"{scene.row.key}-reply", "source": "/step"}
    attributes = plain | {"type": f"{scene.row.key}.reply"} | changed
    return tuple((f"ce-{name}", value) for name, value in attributes.items() if value is not None)


def document(scene: Scene, **changed: Any) -> bytes:
    plain = {"specversion": "1.0", "id": f"{scene.row.key}-reply", "source": "/step", "type": f"{scene.row.key}.reply"}
    return json.dumps({name: value for name, value in (plain | changed).items() if value is not None}).encode()


def answering(
    name: str,
    expected: Mapping[str, Any],
    status: int = 200,
    body: bytes = b"",
    content_type: str | None = None,
    source: str = READ,
    **attributes: str | None,
) -> Row:
    """The subscriber answers so; `ce_` attributes make it an event in binary mode."""

    async def see(scene: Scene) -> dict[str, Any]:
        changed = {name.removeprefix("ce_"): value for name, value in attributes.items()}
        headers = event(scene, **changed) if attributes else ()
        typed = (("content-type", content_type),) if content_type else ()
        scene.place().answers(Reply(status=status, headers=(*headers, *typed), body=body))
        return await outcome(scene)

    return Row(name=name, source=source, see=see, expected=expected, triggers=TRIGGERS)


async def outcome(scene: Scene) -> dict[str, Any]:
    await scene.send()
    await scene.delivered()
    return {
        "calls": await scene.calls(hoped=scene.expected["calls"]),
        "replied": await scene.calls("replied", hoped=scene.expected["replied"]) > 0,
        "sunk": await scene.calls("sink", hoped=scene.expected["sunk"]) > 0,
    }


def structured(name: str, expected: Mapping[str, Any], status: int = 200, **changed: Any) -> Row:
    async def see(scene: Scene) -> dict[str, Any]:
        headers = (("content-type", STRUCTURED),)
        scene.place().answers(Reply(status=status, headers=headers, body=document(scene, **changed)))
        return await outcome(scene)

    return Row(name=name, source=READ, see=see, expected=expected, triggers=TRIGGERS)


V1: dict[str, Any] = {"ce_specversion": "1.0"}

ANSWERS = [
    answering("an empty answer", both(NOTHING)),
    answering("an empty 202", both(NOTHING), 202),
    answering("an empty answer with a content type", both(NOTHING), content_type="application/json"),
    answering("a binary event in reply", both(REPLIED), body=b"{}", content_type="application/json", **V1),
    answering("a binary event without data in reply", both(REPLIED), **V1),
    answering("a binary 0.3 event in reply", both(REPLIED), ce_specversion="0.3"),
    answering("a binary event in a 202", both(REPLIED), 202, b"{}", "application/json", f"D5; {READ}", **V1),
    answering("a binary event in a 299", both(REPLIED), 299, b"{}", "application/json", **V1),
    answering("a binary event in a 400", both(AT_ONCE), 400, b"{}", "application/json", **V1),
    structured("a structured event in reply", both(REPLIED), data={"fee": "1.00"}),
    structured("a structured event in a 202", both(REPLIED), 202),
    structured("a structured 0.3 event in reply", both(REPLIED), specversion="0.3"),
    answering("text in reply", each(kafka=AT_ONCE, mt=RETRIED), 200, b"done", "text/plain", NO_EVENT),
    answering("JSON in reply", each(kafka=AT_ONCE, mt=RETRIED), 200, b'{"ok":true}', "application/json", NO_EVENT),
    answering("broken structured in reply", each(kafka=AT_ONCE, mt=RETRIED), 200, b"{", STRUCTURED, NO_EVENT),
    structured("a structured event without an id in reply", each(kafka=AT_ONCE, mt=RETRIED), id=None),
    answering("an unknown specversion and no body", both(NOTHING), ce_specversion="9000.1"),
    answering("an unknown specversion and a body", each(kafka=AT_ONCE, mt=RETRIED), body=b"x", ce_specversion="9000.1"),
    answering("a binary event without an id, no body", each(kafka=NOTHING, mt=AT_ONCE), ce_id=None),
    answering("a binary event without an id, with a body", both(AT_ONCE), body=b"x", ce_id=None),
]


async def _content(scene: Scene) -> object:
    scene.place().answers(Reply(headers=(*event(scene, rideid="r-1"), ("content-type", "text/x")), body=b"fare"))
    await scene.send()
    got = await scene.delivered("replied")
    return got.id, got.header("ce-source"), got.header("ce-rideid"), got.header("content-type"), got.body


async def _headers(scene: Scene) -> object:
    scene.place().answers(Reply(headers=(*event(scene), ("x-request-id", "of-reply"), ("x-custom", "1"))))
    await scene.send()
    got = await scene.delivered("replied")
    return got.header("x-request-id"), got.header("x-custom")


async def _trace(scene: Scene) -> object:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    scene.place().answers(Reply(headers=(*event(scene), ("x-request-id", "of-reply"))))
    await scene.send(b"", (("traceparent", trace),))
    return ((await scene.delivered("replied")).header("traceparent") or "")[:35] == trace[:35]


async def _causes_headers(scene: Scene) -> object:
    scene.place().answers(Reply(headers=event(scene)))
    await scene.send(b"", (("x-request-id", "of-cause"),))
    return (await scene.delivered("replied")).header("x-request-id")


async def _again(scene: Scene) -> object:
    """The subscriber answers an event of the type that it takes itself, once."""
    scene.place().answers(Reply(headers=event(scene, type=scene.row.key)), Reply())
    await scene.send()
    return [request.id == f"{scene.row.key}-reply" for request in await scene.place().reached(2)]


async def _from_sink(scene: Scene) -> object:
    scene.place().answers(Reply(status=400))
    scene.place("sink").answers(Reply(headers=event(scene)))
    await scene.send()
    sunk, replied = scene.expected
    return await scene.calls("sink", sunk), await scene.calls("replied", replied)


async def _text_from_sink(scene: Scene) -> object:
    """Whether the mesh counts the dead letter as taken by its sink."""
    scene.place().answers(Reply(status=400))
    scene.place("sink").answers(Reply(body=b"thank you"))
    await scene.send()
    await scene.calls("sink", 1)
    letters = await scene.cli("dead-letters", "list", "--type", scene.row.key)
    return len(scene.place("sink").received), [letter["state"] for letter in letters]


async def _hops(scene: Scene) -> object:
    """A step that always answers with what it takes: how often it is called when it would stop after eight."""
    again = Reply(headers=event(scene, type=scene.row.key))
    scene.place().answers(*[again] * 7, Reply())
    scene.begin(knativebrokerttl="4")
    await scene.delivered()
    calls = await scene.calls(hoped=scene.expected[0])
    dead = scene.place("sink").received
    return calls, [
        (one.header("ce-knativeerrorcode"), one.header("ce-knativeerrordest") == scene.url()) for one in dead
    ]


async def _own_limit(scene: Scene) -> object:
    """A subscriber's own hop limit in its reply: whether it holds."""
    again = Reply(headers=event(scene, type=scene.row.key, knativebrokerttl="200"))
    scene.place().answers(again, again, again, again, Reply())
    scene.begin(knativebrokerttl="3")
    return await scene.calls(hoped=scene.expected)


def seen(name: str, see: Any, expected: Mapping[str, Any], source: str = ROUTED, mesh_only: str = "") -> Row:
    return Row(name=name, source=source, see=see, expected=expected, triggers=TRIGGERS, mesh_only=mesh_only)


CONTENT = ("reply-is-passed-on-whole-reply", "/step", "r-1", "text/x", b"fare")

ROUTES = [
    seen("reply is passed on whole", _content, both(CONTENT)),
    seen("headers of a reply", _headers, each(kafka=(None, None), mt=("of-reply", None)), f"D17; {ROUTED}"),
    seen("a reply has no headers of its cause", _causes_headers, both(None), f"D17; {ROUTED}"),
    seen("a reply belongs to its cause's trace", _trace, both(True), "1.3"),
    seen("a reply goes to the trigger that gave it, too", _again, both([False, True])),
    seen("an event from the dead letter sink", _from_sink, each(kafka=(1, 1), mt=(1, 0)), OF_SINK),
    seen(
        "text from the dead letter sink",
        _text_from_sink,
        each(kafka=(1, ["kept"]), mt=(1, ["sunk"])),
        OF_SINK,
        "the cluster says nothing of it",
    ),
    seen("the hop limit ends a loop", _hops, {KAFKA: (8, []), MT: (3, [("400", True)])}, HOPS),
    seen("the cause's hop limit holds for the reply", _own_limit, each(kafka=5, mt=2), HOPS),
]


@pytest.mark.parametrize("row", [*ANSWERS, *ROUTES], ids=str)
def test_reply(row: Row, run: Run) -> None:
    run.check(row)
