"""Events sent to K_SINK, to a real server."""

import pytest

from step.errors import SettingError, Unavailable
from step.settings import Settings
from step.sink import KnativeSink
from support.broker import Broker
from support.steps import event


def sink(**settings: str) -> KnativeSink:
    return KnativeSink(Settings(settings))


async def test_an_event_is_sent_as_it_is_with_the_trace_and_the_bindings_extensions(broker: Broker) -> None:
    overrides = '{"extensions": {"region": "eu"}}'
    sent = event("tests.ping", {"number": 1}, subject="żółw")
    trace = {"traceparent": "00-11111111111111111111111111111111-2222222222222222-01"}
    await sink(K_SINK=broker.url, K_CE_OVERRIDES=overrides).send(sent, trace)
    [(headers, body)] = broker.took
    assert body == sent.data
    assert (headers["ce-id"], headers["ce-subject"]) == ("e-1", "%C5%BC%C3%B3%C5%82w")
    assert (headers["ce-region"], headers["content-type"]) == ("eu", "application/json")
    assert headers["traceparent"] == trace["traceparent"]


@pytest.mark.parametrize("status", [400, 503])
async def test_a_sink_that_does_not_take_the_event_is_away(status: int, broker: Broker) -> None:
    broker.status = status
    with pytest.raises(Unavailable, match=f"/cabs/default answered {status}"):
        await sink(K_SINK=broker.url).send(event("tests.ping"), {})


async def test_a_sink_that_does_not_answer_is_away() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await sink(K_SINK="http://127.0.0.1:1/").send(event("tests.ping"), {})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "K_SINK is not set: a SinkBinding must bind this function"),
        ({"K_SINK": "file:///x"}, "K_SINK is file:///x"),
        ({"K_SINK": "http://x", "K_CE_OVERRIDES": "{"}, "K_CE_OVERRIDES cannot be read"),
    ],
)
async def test_a_wrong_binding_is_a_wrong_setting(settings: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        await sink(**settings).send(event("tests.ping"), {})
