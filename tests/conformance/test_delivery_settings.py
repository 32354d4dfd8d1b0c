"""Whose delivery settings hold: the Trigger's, its Broker's, or some of each."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.receiver import Reply
from support.conformance.row import Broker, Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

INHERITED = "D3; knative/eventing pkg/reconciler/subscription/subscription.go; control-plane trigger/v2/triggerv2.go"
ALONE = "3.1; eventing-kafka-broker control-plane core/config/utils.go EgressConfigFromDelivery"

LINEAR = {"backoffPolicy": "linear", "backoffDelay": "PT0.01S"}
OF_BROKER = {"retry": 1, **LINEAR, "deadLetterSink": {"uri": "receiver:brokers"}}
OWN_SINK = {"deadLetterSink": {"uri": "receiver:triggers"}}


def failing(
    name: str,
    expected: Mapping[str, Any],
    of_trigger: Mapping[str, Any] | None,
    of_broker: Mapping[str, Any] | None = OF_BROKER,
    source: str = INHERITED,
) -> Row:
    """A subscriber that always fails: its calls, and those of the Trigger's and of the Broker's dead letter sink."""

    async def see(scene: Scene) -> tuple[int, int, int]:
        scene.place().answers(Reply(status=500))
        scene.begin()
        calls, triggers, brokers = scene.expected
        return (
            await scene.calls(hoped=calls),
            await scene.calls("triggers", triggers),
            await scene.calls("brokers", brokers),
        )

    return Row(
        name=name,
        source=source,
        see=see,
        expected=expected,
        triggers=(Trigger(delivery=of_trigger),),
        brokers=(Broker(delivery=of_broker),),
    )


ROWS = [
    failing("the Broker's settings", both((2, 0, 1)), None),
    failing("all settings at the Trigger", both((3, 1, 0)), {"retry": 2, **LINEAR, **OWN_SINK}),
    failing("retry alone at the Trigger", each(kafka=(2, 0, 0), mt=(2, 0, 1)), {"retry": 1, "backoffDelay": "PT0.01S"}),
    failing("a sink alone at the Trigger", both((1, 1, 0)), OWN_SINK),
    failing("back-off alone at the Trigger", each(kafka=(1, 0, 0), mt=(1, 0, 1)), LINEAR, source=ALONE),
    failing("an empty delivery at the Trigger", each(kafka=(1, 0, 0), mt=(1, 0, 1)), {}, source=ALONE),
    failing("a time-out alone at the Trigger", each(kafka=(1, 0, 0), mt=(1, 0, 1)), {"timeout": "PT5S"}),
    failing("back-off alone at the Broker", both((1, 0, 0)), None, LINEAR, ALONE),
    failing("a sink alone at the Broker", both((1, 0, 1)), None, {"deadLetterSink": {"uri": "receiver:brokers"}}),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_delivery_settings(row: Row, run: Run) -> None:
    run.check(row)
