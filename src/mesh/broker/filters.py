"""Decides whether an event passes a Trigger's filters, by its broker class's rules, and says why when it does not.

Semantics: CloudEvents Subscriptions API 3.2.4.1; `filter_rules` has what the classes make of it. Unlike Kafka's code,
and like Knative's documentation, `prefix` and `suffix` fail on an absent attribute instead of losing the event. Unlike
MT's, children stay in the order they are written in, which decides between passing and no filter.
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mesh.broker.cesql_results import Judge
from mesh.broker.filter_rules import NO_FILTER, Attributes, Conditions, FilterRules, Read, Verdict
from mesh.cesql.expression import compile_expression
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix, Suffix

Check = Callable[[Attributes], str | None]
Decide = Callable[[Attributes], Verdict]

SHORT = 60  # characters of a CESQL expression that a reason repeats


@dataclass(frozen=True, slots=True)
class Compiled:
    """A filter ready to decide, and itself in words."""

    decide: Decide
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`holds` takes the event's value and the filter's; the words stand between them."""

    holds: Callable[[str, str], bool]
    wanted: str
    failed: str


EXACT = Comparison(operator.eq, "is", "not")
PREFIX = Comparison(str.startswith, "starts with", "which does not start with")
SUFFIX = Comparison(str.endswith, "ends with", "which does not end with")


def compile_filters(rules: FilterRules, filters: tuple[Filter, ...]) -> Check:
    """Return a function from an event's attributes to None when it passes, else to a short sentence why not.

    The attributes are text, extensions and `time` included, under their CloudEvents names.
    """
    decide = _all(_compile_each(rules, filters), None).decide

    def check(attributes: Attributes) -> str | None:
        verdict = decide(attributes)
        return None if verdict is NO_FILTER else verdict

    return check


def _compile_each(rules: FilterRules, filters: tuple[Filter, ...]) -> list[Compiled]:
    compiled = (_compile(rules, entry) for entry in filters)
    return [entry for entry in compiled if entry is not None]


def _compile(rules: FilterRules, entry: Filter) -> Compiled | None:  # noqa: C901, PLR0911 - one for each dialect
    """None: the class leaves the entry out, as if it were not written."""
    match entry:
        case Legacy(attributes):
            return _conditions(rules, rules.legacy(attributes), EXACT)
        case Exact(attributes):
            return _conditions(rules, rules.dialect(attributes), EXACT)
        case Prefix(attributes):
            return _conditions(rules, rules.dialect(attributes), PREFIX)
        case Suffix(attributes):
            return _conditions(rules, rules.dialect(attributes), SUFFIX)
        case All(filters):
            return _all(_compile_each(rules, filters), rules.all_of_none)
        case Any(filters):
            return _any(_compile_each(rules, filters), rules.any_of_none)
        case Not(negated):
            return _not(_compile(rules, negated))
        case Cesql(expression):
            return _cesql(expression, rules.judge)
        case Nothing():
            return _conditions(rules, rules.dialect({}), EXACT)


def _conditions(rules: FilterRules, conditions: Conditions | None, comparison: Comparison) -> Compiled | None:
    if conditions is None:
        return None
    checks = [_one(name, rules.reader(name), wanted, comparison) for name, wanted in conditions.items()]
    words = " and ".join(f"{name} {comparison.wanted} {wanted!r}" for name, wanted in conditions.items())
    return Compiled(_every(checks, None), words or "anything")


def _one(name: str, read: Read, wanted: str, comparison: Comparison) -> Decide:
    if not wanted:
        return lambda attributes: None if read(attributes) else f"{name} is absent or empty"
    holds, failed = comparison.holds, comparison.failed

    def decide(attributes: Attributes) -> str | None:
        actual = read(attributes)
        if actual is None:
            return f"{name} is absent"
        return None if holds(actual, wanted) else f"{name} is {actual!r}, {failed} {wanted!r}"

    return decide


def _cesql(expression: str, judge: Judge) -> Compiled:
    evaluate = compile_expression(expression).evaluate
    text = f"cesql {_short(expression)}"

    def decide(attributes: Attributes) -> str | None:
        reason = judge(evaluate(attributes))
        return reason and f"{text}: {reason}"

    return Compiled(decide, text)


def _short(expression: str) -> str:
    line = " ".join(expression.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def _all(filters: list[Compiled], of_none: Verdict) -> Compiled:
    return Compiled(_every([entry.decide for entry in filters], of_none), _joined(filters, " and "))


def _every(decisions: list[Decide], of_none: Verdict) -> Decide:
    """The first that fails, else the last."""
    if len(decisions) == 1:
        return decisions[0]

    def decide(attributes: Attributes) -> Verdict:
        verdict = of_none
        for each in decisions:
            verdict = each(attributes)
            if isinstance(verdict, str):
                return verdict
        return verdict

    return decide


def _any(filters: list[Compiled], of_none: Verdict) -> Compiled:
    """The first that passes, else the last."""
    if not filters:
        return Compiled(lambda _attributes: of_none, "anything")

    def decide(attributes: Attributes) -> Verdict:
        verdicts = []
        for each in filters:
            verdict = each.decide(attributes)
            if verdict is None:
                return None
            verdicts.append(verdict)
        return _no_alternative(verdicts) if isinstance(verdicts[-1], str) else verdicts[-1]

    return Compiled(decide, _joined(filters, " or "))


def _no_alternative(verdicts: Iterable[Verdict]) -> str:
    reasons = [verdict for verdict in verdicts if isinstance(verdict, str)]
    parts = [reason.partition(", not ") for reason in reasons]
    found = {what for what, _, _ in parts}
    if len(found) == 1 and all(wanted for _, _, wanted in parts):
        return f"{found.pop()}, not {' or '.join(wanted for _, _, wanted in parts)}"
    return "no alternative holds: " + "; ".join(reasons)


def _joined(filters: list[Compiled], word: str) -> str:
    return f"({word.join(entry.text for entry in filters)})" if filters else "anything"


def _not(negated: Compiled | None) -> Compiled:
    if negated is None:
        return Compiled(lambda _attributes: NO_FILTER, "not anything")
    decide, reason = negated.decide, f"excluded by not: {negated.text}"

    def opposite(attributes: Attributes) -> Verdict:
        verdict = decide(attributes)
        if verdict is None:
            return reason
        return None if isinstance(verdict, str) else verdict

    return Compiled(opposite, f"not {negated.text}")
