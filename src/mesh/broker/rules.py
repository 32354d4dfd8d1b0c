"""A trigger's filters as the ledger keeps them: what it wanted is known when its manifest is gone."""

from collections.abc import Callable
from typing import Any

import msgspec

from mesh.broker.broker_class import CLASSES
from mesh.ledger.records import Stored
from mesh.manifests import model
from mesh.manifests.model import Filter, Trigger


def written(trigger: Trigger, broker_class: str) -> bytes:
    """Write down whose semantics hold and what the filters say."""
    return msgspec.json.encode([broker_class, [_plain(each) for each in trigger.filters]])


def wanted(rule: bytes) -> Callable[[Stored], bool]:
    """Return what decides whether a stored event passed the filters that were written down."""
    name, filters = msgspec.json.decode(rule)
    broker_class = CLASSES[name]
    why_not = broker_class.compile_filters(tuple(_filter(each) for each in filters))
    return lambda stored: why_not(broker_class.received(stored).attributes) is None


def _plain(entry: Filter) -> list[Any]:
    match entry:
        case model.All(filters) | model.Any(filters):
            return [type(entry).__name__, [_plain(each) for each in filters]]
        case model.Not(negated):
            return ["Not", _plain(negated)]
        case model.Cesql(expression):
            return ["Cesql", expression]
        case model.Nothing():
            return ["Nothing", None]
        case _:
            return [type(entry).__name__, dict(entry.attributes)]


def _filter(plain: list[Any]) -> Filter:
    name, value = plain
    match name:
        case "All":
            return model.All(tuple(_filter(each) for each in value))
        case "Any":
            return model.Any(tuple(_filter(each) for each in value))
        case "Not":
            return model.Not(_filter(value))
        case "Cesql":
            return model.Cesql(value)
        case "Nothing":
            return model.Nothing()
    of_attributes: dict[str, Callable[[dict[str, str]], Filter]] = {
        "Exact": model.Exact,
        "Prefix": model.Prefix,
        "Suffix": model.Suffix,
        "Legacy": model.Legacy,
    }
    return of_attributes[name](value)
