"""Knative's DeliverySpec: retries, waits, the dead letter sink. Rules: knative/eventing duck/v1/delivery_types.go."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, TypeVar

from mesh.manifests.destination import read_destination
from mesh.manifests.durations import parse_period
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.model import DeliverySpec, Destination
from mesh.manifests.yaml_nodes import Node

T = TypeVar("T")

DELIVERY = ("deadLetterSink", "retry", "timeout", "backoffPolicy", "backoffDelay", "retryAfterMax", "format")
MAX_INT32 = 2**31 - 1
_SEVERAL_DECIMALS = re.compile(r"[.,][0-9]{2}")

POLICIES: Mapping[str, Literal["linear", "exponential"]] = {"linear": "linear", "exponential": "exponential"}
FORMATS: Mapping[str, Literal["json", "binary"]] = {"json": "json", "binary": "binary"}


def read_delivery(node: Node, findings: Findings, namespace: str) -> DeliverySpec:
    """Read `spec.delivery` of an object of that namespace."""
    fields = Fields(node, findings, DELIVERY)
    _refuse_retry_after(fields)
    return DeliverySpec(
        dead_letter_sink=_dead_letter_sink(fields, namespace),
        retry=_retry(fields),
        timeout=_timeout(fields),
        backoff_policy=_choice(fields, "backoffPolicy", POLICIES),
        backoff_delay=_backoff_delay(fields),
        format=_choice(fields, "format", FORMATS),
        origins={name: entry.origin for name in DELIVERY if (entry := fields.get(name))},
    )


def _dead_letter_sink(fields: Fields, namespace: str) -> Destination | None:
    sink = fields.get("deadLetterSink")
    return None if sink is None else read_destination(sink, fields.findings, namespace)


def _retry(fields: Fields) -> int | None:
    retry = fields.integer("retry")
    if retry is None or 0 <= retry <= MAX_INT32:
        return retry
    fields.wrong(fields.node.value["retry"], f"from 0 to {MAX_INT32}")
    return None


def _timeout(fields: Fields) -> timedelta | None:
    """A timeout; the webhook lets one below zero pass, of which class Kafka drops the sign."""
    timeout = _period(fields, "timeout", "PT30S")
    if timeout is None or timeout:
        return timeout and abs(timeout)
    fields.wrong(fields.node.value["timeout"], "longer than nothing; leave it out for the broker's default")
    return None


def _backoff_delay(fields: Fields) -> timedelta | None:
    """A delay; one below zero is accepted by the webhook and waits for nothing."""
    delay = _period(fields, "backoffDelay", "PT5S")
    return None if delay is None else max(delay, timedelta())


def _period(fields: Fields, name: str, example: str) -> timedelta | None:
    text = fields.text(name)
    if text is None:
        return None
    node = fields.node.value[name]
    try:
        period = parse_period(text)
    except ValueError:
        fields.wrong(node, f"an ISO 8601 duration, such as {example}")
        return None
    if _SEVERAL_DECIMALS.search(text):
        counts = f"{period.total_seconds():g} s"
        fields.findings.warning(node, f"{node.path}: {text} counts as {counts}, since Knative keeps one decimal")
    return period


def _choice(fields: Fields, name: str, choices: Mapping[str, T]) -> T | None:
    text = fields.text(name)
    if text is None or text in choices:
        return None if text is None else choices[text]
    fields.wrong(fields.node.value[name], " or ".join(choices))
    return None


def _refuse_retry_after(fields: Fields) -> None:
    node = fields.get("retryAfterMax")
    if node is not None:
        remedy = "the feature delivery-retryafter is off by default"
        fields.problem(node, f"must not set the field(s): {node.path} ({remedy})")
