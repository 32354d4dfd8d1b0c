"""Whether an attempt is made again, and when: a value, without clock or network.

Source: knative-extensions/eventing-kafka-broker WebClientCloudEventSender.java (isRetryableStatusCode,
computeRetryPolicy); knative/eventing pkg/kncloudevents/retries.go (SelectiveRetry).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

BackoffPolicy = Literal["linear", "exponential"]
Backoff = Callable[[BackoffPolicy, timedelta, int], timedelta]

LONGEST_WAIT = timedelta(days=36_500)

_RETRYABLE = {
    404: "the subscriber may not be ready yet",
    408: "the subscriber gave up waiting for the request",
    409: "the subscriber is in a conflict that may pass",
    429: "the subscriber asks for fewer requests",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a delivery may do: `retry` attempts after the first, each with `timeout`."""

    retry: int
    backoff_policy: BackoffPolicy
    backoff_delay: timedelta
    timeout: timedelta
    backoff: Backoff

    def wait(self, retry: int) -> timedelta:
        """Return the pause before the given retry, counted from 1; doubling soon passes what a calendar can hold."""
        try:
            return min(self.backoff(self.backoff_policy, self.backoff_delay, retry), LONGEST_WAIT)
        except OverflowError:
            return LONGEST_WAIT

    def waits(self) -> list[timedelta]:
        return [self.wait(number) for number in range(1, self.retry + 1)]


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that did not succeed: `status` is None without a response; `permanent` says more cannot help.

    `told` says whether a dead letter tells of it, `at_broker` that the broker refused the subscriber's reply.
    """

    status: int | None
    reason: str
    permanent: bool
    told: bool = True
    at_broker: bool = False

    @property
    def words(self) -> str:
        """Status and reason, for where the status is not told apart."""
        return self.reason if self.status is None else f"{self.status}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Wait:
    pause: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


def decide(policy: Policy, attempt: int, failed: Failed) -> Wait | GiveUp:
    """Say what follows the given attempt (counted from 1)."""
    if failed.permanent:
        return GiveUp(f"{failed.reason}; not retried")
    if attempt > policy.retry:
        return GiveUp(f"{failed.reason}; {attempt} {'attempt' if attempt == 1 else 'attempts'} made")
    return Wait(policy.wait(attempt))


def failed_response(status: int) -> Failed:
    """Judge a response of status 300 or above."""
    if status in _RETRYABLE:
        return Failed(status, _RETRYABLE[status], permanent=False)
    if status >= 500:  # noqa: PLR2004 - the class of statuses
        return Failed(status, "the subscriber failed", permanent=False)
    return Failed(status, "the subscriber will not take this event", permanent=True)


def no_response(reason: str) -> Failed:
    """Judge an attempt that ended without a response."""
    return Failed(None, reason, permanent=False)
