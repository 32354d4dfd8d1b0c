"""The steps' HTTP surface: the same cases for the plain step and for real processes of both layouts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from mesh.functions import layouts
from mesh.functions.layouts import Layout
from step.event import Event
from step.messages import Answer, Request
from step.served import Step
from support.broker import Broker
from support.layouts import Processes, Served, Serving, plain
from support.rides import COMPLETED, MILES, RIDE
from support.steps import STEPS, event, get, post

Staged = dict[Layout, Processes]
FORMS = ("plain", "parliament", "asgi")
COMMAND = "cabs.rides.complete-ride"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return {layout: Processes(layout, tmp_path_factory.mktemp(layout) / "project") for layout in get_args(Layout)}


@pytest.fixture
async def serve_as(staged: Staged, database_url: str) -> AsyncIterator[Callable[[str], Serving]]:
    """Steps in the form that is named; everything ends with the test."""
    steps = list[Step]()

    def form(name: str) -> Serving:
        def serve(step: str, /, **settings: str) -> Served:
            given = {"DATABASE_URL": database_url} | settings
            if name != "plain":
                return staged[layouts.named(name)].start(step, given)
            steps.append(plain(step, given))
            return steps[-1]

        return serve

    yield form
    for step in steps:
        step.close()
    for processes in staged.values():
        assert set(processes.stop()) <= {0}


@pytest.fixture(params=FORMS)
def serve(request: pytest.FixtureRequest, serve_as: Callable[[str], Serving]) -> Serving:
    return serve_as(request.param)


async def sent(step: Served, type_: str, data: object, **attributes: str) -> Answer:
    return await step.answer(post(event(type_, data, **attributes)))


async def test_ten_deliveries_at_once_are_ten_same_replies(serve: Serving) -> None:
    step = serve("ride-completed")
    answers = await asyncio.gather(*(sent(step, COMMAND, RIDE) for _ in range(10)))
    first = answers[0]
    assert (first.status, b'"price":"26.50","currency":"EUR"' in first.body) == (200, True)
    assert first.headers["content-type"] == "application/json"
    assert (first.headers["ce-source"], first.headers["ce-subject"]) == ("//cabs/ride-completed", "ride/r-1")
    assert all(answer == first for answer in answers)


async def test_what_is_no_event_no_query_or_elsewhere_is_refused(serve: Serving) -> None:
    step = serve("invoice")
    no_event = Request("POST", "/", {}, [("content-type", "application/json")], b"{}")
    elsewhere = replace(post(event("x")), path="/elsewhere")
    asked = [no_event, get(), elsewhere, replace(get(), path="/elsewhere"), replace(no_event, method="PUT")]
    assert [(await step.answer(request)).status for request in asked] == [400, 405, 404, 404, 405]


async def test_text_of_any_script_is_kept_in_attributes(serve: Serving) -> None:
    step = serve("ride-completed")
    encoded = await sent(step, COMMAND, RIDE, id="%C5%BC%C3%B3%C5%82w")
    assert encoded.headers["ce-causationid"] == "%C5%BC%C3%B3%C5%82w"
    raw = event(COMMAND, RIDE, id="żółw")
    assert await step.answer(as_utf8(post(raw), step)) == encoded


def as_utf8(request: Request, step: Served) -> Request:
    """What a server makes of raw UTF-8 in a header; a client sends it as it is."""
    if not hasattr(step, "close"):
        return request
    return replace(request, headers=[(name, value.encode().decode("latin-1")) for name, value in request.headers])


async def test_a_query_answers_with_json_and_404_for_what_is_unknown(serve: Serving) -> None:
    step = serve("ride-status")
    unknown = await step.answer(get(ride_id="r-1"))
    assert unknown == Answer(404, {"content-type": "application/json"}, b'{"error":"nothing is known of ride_id=r-1"}')
    done = await sent(step, "cabs.passengers.miles-awarded", MILES)
    assert (done.status, done.body, "connection" in done.headers) == (200, b"", False)
    known = await step.answer(get(ride_id="r-1"))
    assert (known.status, b'"miles":7' in known.body) == (200, True)
    head = await step.answer(replace(get(ride_id="r-1"), method="HEAD"))
    assert (head.status, head.headers) == (known.status, known.headers)


async def test_the_forms_answer_alike_to_the_last_byte(serve_as: Callable[[str], Serving]) -> None:
    """They share a database: what the first did, the others repeat."""
    fact = event("cabs.passengers.miles-awarded", MILES)
    steps = {
        "ride-completed": [
            post(event(COMMAND, RIDE)),
            post(event(COMMAND, b'{"ride_id": 1', id="bad")),
            post(event("other", id="other")),
        ],
        "ride-status": [post(fact), get(), get(ride_id="r-1"), get(ride_id="r-2")],
        "invoice": [post(Event({}, b"")), structured(b'{"specversion":"1.0"}'), structured(b"["), get()],
    }
    for name, requests in steps.items():
        served = [serve_as(form)(name) for form in FORMS]
        for request in requests:
            first, *others = [await step.answer(request) for step in served]
            assert others == [first] * len(others), request


@pytest.mark.parametrize("layout", get_args(Layout))
async def test_of_a_repeated_parameter_the_first_counts_and_repeated_headers_are_joined(
    layout: str, serve_as: Callable[[str], Serving]
) -> None:
    step = serve_as(layout)("ride-status")
    twice = await step.answer(replace(get(), path="/?ride_id=r-1&ride_id=r-2"))
    assert twice.body == b'{"error":"nothing is known of ride_id=r-1"}'
    miles = post(event("other", {}))
    joined = await step.answer(replace(miles, headers=[*miles.headers, ("ce-type", "more")]))
    assert joined.body.startswith(b"events of type other, more are not for this step")


def structured(text: bytes) -> Request:
    return Request("POST", "/", {}, [("content-type", "application/cloudevents+json")], text)


async def test_a_trace_goes_through_a_step_to_what_it_sends(serve: Serving, broker: Broker) -> None:
    step = serve("dead-letter", K_SINK=broker.url)
    dead = {"knativeerrordest": "http://invoice/", "knativeerrorcode": "500"}
    assert (await sent(step, COMMAND, RIDE, **dead)).status == 200
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    replay = post(event("cabs.dead-letters.replay", {"type": COMMAND}), traceparent=f"00-{trace}-{parent}-01")
    assert (await step.answer(replay)).status == 200
    [(replayed, _)] = broker.took
    version, same_trace, span, flags = replayed["traceparent"].split("-")
    assert (version, same_trace, flags) == ("00", trace, "01")
    assert (span == parent) == hasattr(step, "close")  # telemetry is the layouts'


@pytest.mark.parametrize("layout", get_args(Layout))
async def test_an_event_is_one_span_and_a_probe_is_none(
    layout: Layout, staged: Staged, database_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "OTEL_TRACES_EXPORTER": "console"}
    with (tmp_path / "spans").open("wb") as output:
        step = staged[layout].start("ride-completed", settings, output)
        await readiness(step, b"OK")
        assert (await sent(step, COMMAND, RIDE)).status == 200
        assert staged[layout].stop() == [0]
    spans = (tmp_path / "spans").read_text()
    assert (spans.count('"span_id"'), spans.count("SpanKind.SERVER"), "ride-completed" in spans) == (1, 1, True)


@pytest.mark.parametrize("layout", get_args(Layout))
async def test_every_step_becomes_ready_and_is_alive(layout: str, serve_as: Callable[[str], Serving]) -> None:
    for step in [serve_as(layout)(name) for name in STEPS]:
        await readiness(step, b"OK")
        assert (await step.answer(replace(get(), path="/health/liveness"))).status == 200


async def readiness(step: Served, said: bytes) -> Answer:
    """Wait until its readiness says this."""
    async with asyncio.timeout(30):
        while said not in (answer := await step.answer(replace(get(), path="/health/readiness"))).body:  # noqa: ASYNC110 - another process changes the answer
            await asyncio.sleep(0.05)
    return answer


async def test_asgi_is_not_ready_before_its_database_is_there_and_says_why(serve_as: Callable[[str], Serving]) -> None:
    step = serve_as("asgi")("invoice", DATABASE_URL="postgresql:///x?host=/nowhere")
    answer = await readiness(step, b"does not answer")
    assert answer.status == 500
    assert (await step.answer(replace(get(), path="/health/liveness"))).status == 200
    assert (await sent(step, "cabs.rides.ride-completed", COMPLETED)).status == 503
