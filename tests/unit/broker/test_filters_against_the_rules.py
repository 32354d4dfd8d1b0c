"""The compiled filters agree with each class's rules, said once more as plainly as they can be said."""

import re
from collections.abc import Callable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.broker.broker_class import KAFKA, MT
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix, Suffix

Event = Mapping[str, str]

# Expressions and what each class makes of their results; tests/unit/cesql has the language's own rules.
CESQL: dict[str, tuple[Callable[[Event], bool], Callable[[Event], bool]]] = {  # Kafka, MT
    "region = 'a'": (lambda event: event.get("region") == "a", lambda event: event.get("region") == "a"),
    "EXISTS subject": (lambda event: "subject" in event, lambda event: "subject" in event),
    "subject LIKE 'a%'": (lambda event: event.get("subject", "")[:1] == "a",) * 2,
    "TRUE": (lambda _event: True, lambda _event: True),
    "1": (lambda _event: True, lambda _event: False),
    "'true'": (lambda _event: True, lambda _event: False),
    "region": (lambda _event: False, lambda _event: False),
}


TIMES = {  # as written: Kafka's, MT's
    "2026-01-31T12:00:00.500+02:00": ("2026-01-31T10:00:00.500Z", "2026-01-31T10:00:00.5Z"),
    "2026-01-31T10:00:00.5Z": ("2026-01-31T10:00:00.500Z", "2026-01-31T10:00:00.5Z"),
    "2026-01-31T10:00:00Z": ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
}


def kafka_value(name: str, event: Event) -> str:
    """What is absent is empty."""
    if name == "time" and "time" in event:
        return TIMES[event["time"]][0]
    return schema(event) if name in ("dataschema", "schemaurl") else event.get(name, "")


def mt_value(name: str, event: Event) -> str:
    """What is absent is empty, the time apart."""
    if name == "time":
        return TIMES[event["time"]][1] if "time" in event else "0001-01-01T00:00:00Z"
    if name == "datamediatype":
        return re.sub(r"\s*;.*", "", event.get("datacontenttype", ""))
    if name == "datacontentencoding" and event["specversion"] == "1.0":
        return ""
    return schema(event) if name in ("dataschema", "schemaurl") else event.get(name, "")


def schema(event: Event) -> str:
    return event.get("schemaurl" if event["specversion"] == "0.3" else "dataschema", "")


def kafka_passes(entry: Filter, event: Event) -> bool:  # noqa: C901, PLR0911 - one for each dialect
    match entry:
        case Exact(attributes) | Legacy(attributes):
            return all(kafka_value(name, event) == wanted for name, wanted in attributes.items() if wanted)
        case Prefix(attributes):
            return all(kafka_value(name, event).startswith(wanted) for name, wanted in attributes.items())
        case Suffix(attributes):
            return all(kafka_value(name, event).endswith(wanted) for name, wanted in attributes.items())
        case All(filters):
            return all(kafka_passes(item, event) for item in filters)
        case Any(filters):
            return any(kafka_passes(item, event) for item in filters)
        case Not(negated):
            return not kafka_passes(negated, event)
        case Cesql(expression):
            return CESQL[expression][0](event)
        case Nothing():
            return True


def mt_created(entry: Filter) -> bool:
    """Whether a filter is made of the entry at all."""
    match entry:
        case Exact(attributes) | Prefix(attributes) | Suffix(attributes):
            return len(attributes) > 0 and "" not in attributes.values()
        case Nothing():
            return False
        case _:
            return True


def mt_result(entry: Filter, event: Event) -> str:  # noqa: C901, PLR0911 - one for each dialect
    """Pass, Fail or NoFilter."""
    match entry:
        case Legacy(attributes):
            given = {name: (mt_value(name, event), wanted) for name, wanted in attributes.items()}
            return passed(all(value and wanted in ("", value) for value, wanted in given.values()))
        case Exact(attributes):
            return passed(all(mt_value(name, event) == wanted for name, wanted in attributes.items()))
        case Prefix(attributes):
            return passed(all(mt_value(name, event).startswith(wanted) for name, wanted in attributes.items()))
        case Suffix(attributes):
            return passed(all(mt_value(name, event).endswith(wanted) for name, wanted in attributes.items()))
        case All(filters):
            return mt_combined(filters, event, decisive="Fail")
        case Any(filters):
            return mt_combined(filters, event, decisive="Pass")
        case Not(negated):
            result = mt_result(negated, event) if mt_created(negated) else "NoFilter"
            return {"Pass": "Fail", "Fail": "Pass", "NoFilter": "NoFilter"}[result]
        case Cesql(expression):
            return passed(CESQL[expression][1](event))
        case Nothing():
            raise AssertionError("no filter is made of it")


def passed(holds: bool) -> str:
    return "Pass" if holds else "Fail"


def mt_combined(filters: tuple[Filter, ...], event: Event, decisive: str) -> str:
    results = [mt_result(item, event) for item in filters if mt_created(item)]
    return decisive if decisive in results else ["NoFilter", *results][-1]


NAMES = st.sampled_from(
    [
        "type",
        "region",
        "subject",
        "time",
        "dataschema",
        "schemaurl",
        "datacontenttype",
        "datamediatype",
        "datacontentencoding",
    ]
)
WORDS = st.sampled_from(["", "a", "ab", "b", "a/b", "a/b ;c", "0001-", "2026-", "00Z", *sum(TIMES.values(), ())])
ATTRIBUTES = st.dictionaries(NAMES, WORDS, max_size=3)
# What passes, fails and says nothing is more frequent here than in manifests: there the verdicts meet.
PLAIN: st.SearchStrategy[Filter] = st.sampled_from(
    [Exact({"region": "a"}), Exact({"region": "b"}), Exact({"region": ""}), Nothing(), Not(Nothing())]
)
LEAVES: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Exact, ATTRIBUTES),
    st.builds(Prefix, ATTRIBUTES),
    st.builds(Suffix, ATTRIBUTES),
    st.sampled_from([Cesql(expression) for expression in CESQL]),
    PLAIN,
)


def nested(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(st.builds(All, several), st.builds(Any, several), st.builds(Not, inner))


FILTERS = st.one_of(
    st.lists(st.recursive(LEAVES, nested, max_leaves=8), max_size=3).map(tuple),
    st.recursive(PLAIN, nested, max_leaves=8).map(lambda entry: (entry,)),
    st.builds(Legacy, ATTRIBUTES).map(lambda legacy: (legacy,)),
)
EVENTS = st.builds(
    lambda version, region, words, time: (
        words | {"specversion": version, "region": region} | ({"time": time} if time else {})
    ),
    st.sampled_from(["1.0", "0.3"]),
    st.sampled_from("ab"),
    st.dictionaries(NAMES.filter(lambda name: name != "time"), WORDS, max_size=5),
    st.none() | st.sampled_from(sorted(TIMES)),
)


@given(FILTERS, EVENTS)
def test_kafka_decides_as_its_rules_do(filters: tuple[Filter, ...], event: Event) -> None:
    reason = KAFKA.compile_filters(filters)(event)
    assert (reason is None) == all(kafka_passes(entry, event) for entry in filters)
    assert reason is None or reason.strip()


@settings(max_examples=300)
@given(FILTERS, EVENTS)
def test_mt_decides_as_its_rules_do(filters: tuple[Filter, ...], event: Event) -> None:
    reason = MT.compile_filters(filters)(event)
    assert (reason is None) == ("Fail" not in [mt_result(entry, event) for entry in filters if mt_created(entry)])
    assert reason is None or reason.strip()
