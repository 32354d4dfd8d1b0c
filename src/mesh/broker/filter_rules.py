"""Where the broker classes' filters differ, side by side; `filters` compiles a Trigger's by one of them.

KAFKA is knative-extensions/eventing-kafka-broker data-plane core/filter, MT knative/eventing pkg/eventfilter: its
`attributes` for the legacy filter, its `subscriptionsapi` for the dialects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mesh.broker.cesql_results import Judge, boolean_result, cast_result
from mesh.broker.instants import iso_instant, rfc3339_nano

Attributes = Mapping[str, str]
Read = Callable[[Attributes], str | None]
Conditions = Mapping[str, str]

NEVER = "0001-01-01T00:00:00Z"  # Go's zero time


class NoFilter(Enum):
    """The verdict of what says nothing about an event: it blocks nothing, and its opposite neither."""

    NO_FILTER = "no filter"


NO_FILTER: Final = NoFilter.NO_FILTER
Verdict = str | NoFilter | None
"""A sentence why an event fails, or None: it passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRules:
    """One broker class's answers to what filters leave open."""

    reader: Callable[[str], Read]  # of an attribute, by its name in a filter
    legacy: Callable[[Conditions], Conditions]  # what `spec.filter` asks for; an empty value: to be there at all
    dialect: Callable[[Conditions], Conditions | None]  # what exact, prefix, suffix or `{}` ask for; None: left out
    all_of_none: Verdict
    any_of_none: Verdict
    judge: Judge  # of what a CESQL expression yields


def without_empty(conditions: Conditions) -> Conditions:
    """An empty value is no condition (AttributesFilter.java)."""
    return {name: value for name, value in conditions.items() if value}


def as_written(conditions: Conditions) -> Conditions:
    """An empty value is any value that is not empty (attributes/filter.go)."""
    return conditions


def whole_or_none(conditions: Conditions) -> Conditions | None:
    """One empty value, and the entry is left out with all it says (subscriptionsapi/create.go)."""
    return conditions if conditions and all(conditions.values()) else None


def kafka_reader(name: str) -> Read:
    """The attributes and extensions; `schemaurl` is the schema in CloudEvents 1.0, too (AttributesFilter.java)."""
    match name:
        case "time":
            return lambda attributes: (written := attributes.get("time")) and iso_instant(written)
        case "dataschema" | "schemaurl":
            return _schema
        case _:
            return lambda attributes: attributes.get(name)


def mt_reader(name: str) -> Read:
    """With names of the SDK's own; an absent time is Go's zero time (attributes/filter.go LookupAttribute)."""
    match name:
        case "time":
            return lambda attributes: rfc3339_nano(attributes.get("time") or NEVER)
        case "dataschema" | "schemaurl":
            return _schema
        case "datamediatype":
            return _media_type
        case "datacontentencoding":
            return lambda attributes: attributes.get(name) if attributes.get("specversion") == "0.3" else None
        case _:
            return lambda attributes: attributes.get(name)


def _schema(attributes: Attributes) -> str | None:
    return attributes.get("schemaurl" if attributes.get("specversion") == "0.3" else "dataschema")


def _media_type(attributes: Attributes) -> str | None:
    media_type, semicolon, _ = attributes.get("datacontenttype", "").partition(";")
    return (media_type.strip() if semicolon else media_type) or None


KAFKA_RULES = FilterRules(
    reader=kafka_reader,
    legacy=without_empty,
    dialect=without_empty,
    all_of_none=None,
    any_of_none="there is no alternative",
    judge=cast_result,
)

MT_RULES = FilterRules(
    reader=mt_reader,
    legacy=as_written,
    dialect=whole_or_none,
    all_of_none=NO_FILTER,
    any_of_none=NO_FILTER,
    judge=boolean_result,
)
