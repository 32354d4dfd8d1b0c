"""What is retried, when, and why not."""

from datetime import timedelta

import pytest

from mesh.broker.broker_class import KAFKA
from mesh.broker.retry import LONGEST_WAIT, BackoffPolicy, Failed, GiveUp, Policy, Wait, decide, no_response
from mesh.manifests.model import DeliverySpec
from mesh.wire import Response


def policy(
    retry: int = 3, backoff: BackoffPolicy = "exponential", delay: timedelta = timedelta(milliseconds=200)
) -> Policy:
    return KAFKA.policy(DeliverySpec(retry=retry, backoff_policy=backoff, backoff_delay=delay))


def verdict(status: int) -> str:
    """What becomes of a first attempt that was answered so."""
    read = KAFKA.read_reply(Response(status, []))
    if not isinstance(read, Failed):
        return "success"
    assert read.words.startswith(f"{status}: ")
    return "retry" if isinstance(decide(policy(), 1, read), Wait) else "give up"


def of_kafka(status: int) -> str:
    """WebClientCloudEventSenderTest.java: the statuses that are retried."""
    if status < 300:
        return "success"
    return "retry" if status in (404, 408, 409, 429) or status >= 500 else "give up"


@pytest.mark.parametrize("status", range(200, 600))
def test_each_status_is_judged_as_the_kafka_dispatcher_does(status: int) -> None:
    assert verdict(status) == of_kafka(status)


@pytest.mark.parametrize(("backoff", "milliseconds"), [("linear", [200, 400, 600]), ("exponential", [400, 800, 1600])])
def test_waits_grow_as_the_policy_says(backoff: BackoffPolicy, milliseconds: list[int]) -> None:
    assert policy(3, backoff).waits() == [timedelta(milliseconds=one) for one in milliseconds]


def test_each_attempt_but_the_last_is_followed_by_its_wait() -> None:
    failed = no_response("refused")
    assert [decide(policy(2), attempt, failed) for attempt in (1, 2, 3)] == [
        Wait(timedelta(milliseconds=400)),
        Wait(timedelta(milliseconds=800)),
        GiveUp("refused; 3 attempts made"),
    ]


def test_without_retries_there_is_one_attempt() -> None:
    assert decide(policy(0), 1, no_response("refused")) == GiveUp("refused; 1 attempt made")


def test_what_cannot_succeed_is_not_tried_again() -> None:
    assert decide(policy(), 1, Failed(422, "status 422", permanent=True)) == GiveUp("status 422; not retried")


def test_no_response_is_worth_another_attempt() -> None:
    assert no_response("refused") == Failed(None, "refused", permanent=False)


def test_a_delay_of_nothing_is_no_wait() -> None:
    assert policy(2, "exponential", timedelta()).waits() == [timedelta(), timedelta()]


def test_doubling_stops_where_the_calendar_does() -> None:
    waits = policy(200, "exponential", timedelta(days=1)).waits()
    assert waits[0] == timedelta(days=2)
    assert waits[-1] == LONGEST_WAIT
