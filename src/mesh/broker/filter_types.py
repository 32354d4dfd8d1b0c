"""Which event types alone can pass a Trigger's filters: what lets a broker ask none of the triggers of other types."""

from collections.abc import Iterable, Mapping, Sequence

from mesh.manifests.model import All, Any, Exact, Filter, Legacy

Types = frozenset[str] | None
"""None: events of any type may pass."""


def type_decides(filters: Sequence[Filter]) -> bool:
    """Whether an event passes as soon as its type can pass, so that no filter need be asked: so it is for most."""
    match filters:
        case []:
            return True
        case [Exact(attributes) | Legacy(attributes)]:
            return attributes.keys() == {"type"} and bool(attributes["type"])
        case _:
            return False


def types_of(filters: Iterable[Filter]) -> Types:
    """Of filters that must all pass, in either class; where in doubt, any type may."""
    named = [types for entry in filters if (types := _types(entry)) is not None]
    return frozenset.intersection(*named) if named else None


def _types(entry: Filter) -> Types:
    match entry:
        case Exact(attributes) | Legacy(attributes):
            return _exact(attributes)
        case All(filters):
            return types_of(filters)
        case Any(filters):
            return _any([_types(each) for each in filters])
        case _:
            return None


def _exact(attributes: Mapping[str, str]) -> Types:
    """What an empty value means, the classes see differently (`filter_rules`): it may void the entry."""
    return frozenset({attributes["type"]}) if "type" in attributes and all(attributes.values()) else None


def _any(alternatives: list[Types]) -> Types:
    named = [types for types in alternatives if types is not None]
    return frozenset.union(*named) if named and len(named) == len(alternatives) else None
