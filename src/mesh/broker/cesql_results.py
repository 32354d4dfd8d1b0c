"""Whether a CESQL result lets an event pass, and in words why not: one rule for each broker class."""

from collections.abc import Callable

from mesh.cesql.casts import to_boolean
from mesh.cesql.values import Error, Result

Judge = Callable[[Result], str | None]


def cast_result(result: Result) -> str | None:
    """What is no boolean is cast to one, as Kafka does: 'TRUE' and 1 pass (CeSqlFilter.java, CeSqlFilterTest.java)."""
    errors = list(result.errors)
    passes = to_boolean(result.value, errors)
    return _failed(errors) if errors else _judged(passes=passes)


def boolean_result(result: Result) -> str | None:
    """What is no boolean does not pass, as cloudevents/spec subscriptions/spec.md 3.2.4.1 says for every engine.

    Knative's MTChannelBasedBroker panics instead (knative/eventing pkg/eventfilter/subscriptionsapi/cesql_filter.go).
    """
    if result.errors:
        return _failed(result.errors)
    if not isinstance(result.value, bool):
        return f"yields {result.value!r:.60}, which is no boolean"
    return _judged(passes=result.value)


def _failed(errors: list[Error] | tuple[Error, ...]) -> str:
    return ", ".join(error.message for error in errors)


def _judged(*, passes: bool) -> str | None:
    return None if passes else "is false"
