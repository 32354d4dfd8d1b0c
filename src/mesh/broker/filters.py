"""Decides whether an event passes a Trigger's filters, as the Kafka class does, and says why when it does not.

Semantics: knative-extensions/eventing-kafka-broker data-plane core/filter; CloudEvents Subscriptions API 3.2.4.1.
Unlike Knative's other class, an empty value is no condition here and `not: {}` rejects everything. Unlike Kafka's code,
and like Knative's documentation, `prefix` and `suffix` fail on an absent attribute instead of losing the event.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from mesh.broker.cesql_results import Judge, cast_result
from mesh.cesql.expression import compile_expression
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix, Suffix

Attributes = Mapping[str, str]
Check = Callable[[Attributes], str | None]
Read = Callable[[Attributes], str | None]

SHORT = 60  # characters of a CESQL expression that a reason repeats

RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


def compile_filters(filters: tuple[Filter, ...], judge: Judge = cast_result) -> Check:
    """Return a function from an event's attributes to None when it passes, else to a short sentence why not.

    The attributes are text, extensions and `time` included, under their CloudEvents names; `judge` is the broker
    class's rule for what a CESQL expression yields.
    """
    return _all([_compile(entry, judge) for entry in filters])


def _compile(entry: Filter, judge: Judge) -> Check:  # noqa: C901, PLR0911 - one for each dialect
    match entry:
        case Exact(attributes) | Legacy(attributes):
            return _each(attributes, operator.eq, "not")
        case Prefix(attributes):
            return _each(attributes, str.startswith, "which does not start with")
        case Suffix(attributes):
            return _each(attributes, str.endswith, "which does not end with")
        case All(filters):
            return compile_filters(filters, judge)
        case Any(filters):
            return _any([_compile(alternative, judge) for alternative in filters])
        case Not(negated):
            return _not(_compile(negated, judge), f"excluded by not: {describe(negated)}")
        case Cesql(expression):
            return _cesql(expression, judge)
        case Nothing():
            return _pass


def describe(entry: Filter) -> str:  # noqa: C901, PLR0911 - one for each dialect
    """Write a filter as one line, for sentences about it."""
    match entry:
        case Exact(attributes) | Legacy(attributes):
            return _conditions(attributes, "is")
        case Prefix(attributes):
            return _conditions(attributes, "starts with")
        case Suffix(attributes):
            return _conditions(attributes, "ends with")
        case All(filters):
            return "(" + " and ".join(map(describe, filters)) + ")"
        case Any(filters):
            return "(" + " or ".join(map(describe, filters)) + ")"
        case Not(negated):
            return f"not {describe(negated)}"
        case Cesql(expression):
            return f"cesql {_short(expression)}"
        case Nothing():
            return "anything"


def _conditions(attributes: Mapping[str, str], verb: str) -> str:
    return " and ".join(f"{name} {verb} {value!r}" for name, value in attributes.items() if value) or "anything"


def _each(attributes: Mapping[str, str], holds: Callable[[str, str], bool], otherwise: str) -> Check:
    return _all([_one(name, value, holds, otherwise) for name, value in attributes.items() if value])


def _one(name: str, wanted: str, holds: Callable[[str, str], bool], otherwise: str) -> Check:
    read = _reader(name)

    def check(attributes: Attributes) -> str | None:
        actual = read(attributes)
        if actual is None:
            return f"{name} is absent"
        return None if holds(actual, wanted) else f"{name} is {actual!r}, {otherwise} {wanted!r}"

    return check


def _reader(name: str) -> Read:
    if name == "time":
        return _instant
    # Kafka's data plane still knows the attribute's name in CloudEvents 0.2.
    key = "dataschema" if name == "schemaurl" else name
    return lambda attributes: attributes.get(key)


def _instant(attributes: Attributes) -> str | None:
    """The event's time as Java's ISO_INSTANT writes it: in UTC, with 0, 3, 6 or 9 digits of a second."""
    written = attributes.get("time")
    parts = written and RFC3339.fullmatch(written)
    if not parts:
        return written
    try:
        seconds = datetime.fromisoformat(f"{parts[1]}{parts[3]}".upper()).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return written
    return f"{seconds.isoformat()}{_fraction(parts[2] or '')}Z"


def _fraction(digits: str) -> str:
    nanoseconds = digits.ljust(9, "0")
    while nanoseconds.endswith("000"):
        nanoseconds = nanoseconds[:-3]
    return f".{nanoseconds}" if nanoseconds else ""


def _cesql(expression: str, judge: Judge) -> Check:
    evaluate = compile_expression(expression).evaluate

    def check(attributes: Attributes) -> str | None:
        reason = judge(evaluate(attributes))
        return reason and f"cesql {_short(expression)}: {reason}"

    return check


def _short(expression: str) -> str:
    line = " ".join(expression.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def _pass(_attributes: Attributes) -> None:
    return None


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if not checks:
        return _pass
    return lambda attributes: _first(check(attributes) for check in checks)


def _first(reasons: Iterable[str | None]) -> str | None:
    return next((reason for reason in reasons if reason is not None), None)


def _any(checks: list[Check]) -> Check:
    def check(attributes: Attributes) -> str | None:
        reasons = []
        for alternative in checks:
            reason = alternative(attributes)
            if reason is None:
                return None
            reasons.append(reason)
        return "no alternative holds: " + "; ".join(reasons)

    return check


def _not(negated: Check, reason: str) -> Check:
    return lambda attributes: reason if negated(attributes) is None else None
