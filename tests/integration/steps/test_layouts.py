"""The steps' HTTP surface in the parliament layout: real processes of staged directories, in their own environment."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import pytest

from mesh.clock import SystemClock
from mesh.functions.environments import Needs, python_for
from mesh.functions.staging import stage_all
from mesh.functions.starter import LAUNCHER
from mesh.manifests.project import load
from support.broker import Broker
from support.steps import ROOT, event, post, settings_of

Serve = Callable[..., str]
STOP_TIMEOUT_SECONDS = 10
RIDE = {"ride_id": "r-1", "passenger_id": "p-1", "driver_id": "d-1", "distance_km": "12.5", "duration_min": 30}


@pytest.fixture(scope="module")
def staged() -> dict[str, Path]:
    return {one.directory.name: one.directory for one in stage_all(ROOT, load(ROOT).functions, "parliament")}


@pytest.fixture(scope="module")
def python(staged: dict[str, Path]) -> Path:
    return asyncio.run(python_for(Needs.of(staged["invoice"]), ROOT, SystemClock(), print))


@pytest.fixture
def serve(staged: dict[str, Path], python: Path, database_url: str) -> Iterator[Serve]:
    """Start a step, with more settings if given, and return its URL; everything ends with the test."""
    running = []

    def start(name: str, **settings: str) -> str:
        environment = settings_of(name) | {"DATABASE_URL": database_url, "PATH": os.environ["PATH"]} | settings
        with socket.create_server(("127.0.0.1", 0)) as listening:
            instrument, descriptor = python.with_name("opentelemetry-instrument"), listening.fileno()
            script = f". ./telemetry.sh && exec {instrument} {python} -P {LAUNCHER} . {descriptor}"
            command = ["sh", "-c", script]
            running.append(subprocess.Popen(command, cwd=staged[name], env=environment, pass_fds=[descriptor]))
            return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield start
    for process in running:
        process.terminate()
    assert [process.wait(STOP_TIMEOUT_SECONDS) for process in running] == [0] * len(running)


async def sent(url: str, type_: str, data: object, **attributes: str) -> tuple[int, dict[str, str], bytes]:
    request = post(event(type_, data, **attributes))
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, headers=request.headers, data=request.body) as answer,
    ):
        headers = {
            name.lower(): value for name, value in answer.headers.items() if name.lower() not in {"date", "server"}
        }
        return answer.status, headers, await answer.read()


async def status_of(request: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> int:
    async with request as answer:
        return answer.status


async def test_ten_deliveries_at_once_are_ten_same_replies(serve: Serve) -> None:
    url = serve("ride-completed")
    answers = await asyncio.gather(*(sent(url, "cabs.rides.complete-ride", RIDE) for _ in range(10)))
    status, headers, body = answers[0]
    assert (status, b'"price":"26.50","currency":"EUR"' in body) == (200, True)
    assert headers["content-type"] == "application/json"
    assert (headers["ce-source"], headers["ce-subject"]) == ("//cabs/ride-completed", "ride/r-1")
    assert all(answer == answers[0] for answer in answers)


async def test_poison_is_422_with_the_reason_in_a_header(serve: Serve) -> None:
    status, headers, body = await sent(
        serve("ride-completed"), "cabs.rides.complete-ride", RIDE | {"distance_km": "far"}
    )
    assert status == 422
    assert "got 'far' - at `$.distance_km`" in headers["kne-reason"]
    assert headers["kne-reason"] == body.decode()


async def test_what_is_no_event_no_query_or_elsewhere_is_refused(serve: Serve) -> None:
    url = serve("invoice")
    async with aiohttp.ClientSession() as client:
        asked = [client.post(url, json={}), client.get(url), client.get(f"{url}elsewhere"), client.put(url)]
        assert [await status_of(request) for request in asked] == [400, 405, 404, 405]


async def test_text_of_any_script_is_kept_in_attributes(serve: Serve) -> None:
    url = serve("ride-completed")
    raw = await sent(url, "cabs.rides.complete-ride", RIDE, id="żółw")
    encoded = await sent(url, "cabs.rides.complete-ride", RIDE, id="%C5%BC%C3%B3%C5%82w")
    assert raw[1]["ce-causationid"] == "%C5%BC%C3%B3%C5%82w"
    assert raw == encoded


async def test_a_query_answers_with_json_and_404_for_what_is_unknown(serve: Serve) -> None:
    url = serve("ride-status")
    async with aiohttp.ClientSession() as client:
        async with client.get(url, params={"ride_id": "r-1"}) as unknown:
            assert (unknown.status, await unknown.json()) == (404, {"error": "nothing is known of ride_id=r-1"})
        miles = {"ride_id": "r-1", "passenger_id": "p-1", "miles": 7, "balance": 7}
        status, headers, body = await sent(url, "cabs.passengers.miles-awarded", miles)
        assert (status, body, "connection" in headers) == (200, b"", False)
        async with client.get(url, params={"ride_id": "r-1"}) as known:
            assert (known.status, (await known.json())["miles"]) == (200, 7)


async def test_a_trace_goes_through_a_step_to_what_it_sends(serve: Serve, broker: Broker) -> None:
    url = serve("dead-letter", K_SINK=broker.url)
    dead = {"knativeerrordest": "http://invoice/", "knativeerrorcode": "500"}
    assert (await sent(url, "cabs.rides.complete-ride", RIDE, **dead))[0] == 200
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    request = post(event("cabs.dead-letters.replay", {"type": "cabs.rides.complete-ride"}))
    headers = [*request.headers, ("traceparent", f"00-{trace}-{parent}-01")]
    async with aiohttp.ClientSession() as client, client.post(url, headers=headers, data=request.body) as answer:
        assert answer.status == 200
    [(replayed, _)] = broker.took
    version, same_trace, span, flags = replayed["traceparent"].split("-")
    assert (version, same_trace, flags) == ("00", trace, "01")
    assert span != parent


async def test_every_step_starts_and_is_alive(serve: Serve, staged: dict[str, Path]) -> None:
    async with aiohttp.ClientSession() as client:
        for url in [serve(name) for name in staged]:
            async with client.get(f"{url}health/readiness") as answer:
                assert answer.status == 200
