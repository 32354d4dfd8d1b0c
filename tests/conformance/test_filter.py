"""Which events a Trigger takes: what the classes agree on, and the few filters that they read differently."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.conformance.row import Row, Trigger, both, each
from support.conformance.run import Run
from support.conformance.scene import Scene

LEGACY = "2.2; knative/eventing pkg/eventfilter/attributes/filter.go; AttributesFilter.java"
DIALECTS = "2.3; knative/eventing pkg/eventfilter/subscriptionsapi; eventing-kafka-broker core/filter/subscriptionsapi"
CESQL = "2.4; knative/eventing subscriptionsapi/cesql_filter.go; CeSqlFilterTest.java"
ABSENT = "2.3; PrefixFilter.java, SuffixFilter.java (design 7, stated exception)"
DISCARDS = "the cluster's class Kafka discards such an event (design 7, stated exception)"
PANICS = "the cluster's class MT panics on it (design 7, stated exception)"
TAKEN, LEFT = both(True), both(False)


def legacy(name: str, expected: Mapping[str, Any], attributes: Mapping[str, str], **sent: str) -> Row:
    return _row(name, expected, LEGACY, Trigger(filter=attributes), sent)


def dialect(
    name: str,
    expected: Mapping[str, Any],
    *filters: Mapping[str, Any],
    source: str = DIALECTS,
    mesh_only: str = "",
    **sent: str,
) -> Row:
    """Filters besides one for the row's own type."""
    return _row(name, expected, source, Trigger(filters=filters), sent, mesh_only)


def cesql(name: str, expected: Mapping[str, Any], expression: str, mesh_only: str = "", **sent: str) -> Row:
    return dialect(name, expected, {"cesql": expression}, source=CESQL, mesh_only=mesh_only, **sent)


def _row(
    name: str, expected: Mapping[str, Any], source: str, trigger: Trigger, sent: Mapping[str, str], mesh_only: str = ""
) -> Row:
    async def see(scene: Scene) -> bool:
        attributes = {name: value for name, value in sent.items() if name != "datacontenttype"}
        typed = (("content-type", sent["datacontenttype"]),) if "datacontenttype" in sent else ()
        await scene.send(b"", typed, **attributes)
        return await scene.calls(hoped=scene.expected) == 1

    return Row(name=name, source=source, see=see, expected=expected, triggers=(trigger,), mesh_only=mesh_only)


async def _filters_win(scene: Scene) -> int:
    await scene.send(subject="a")
    return await scene.calls(hoped=1)


BOTH_KINDS = Trigger(filter={"subject": "other"}, filters=({"exact": {"subject": "a"}},))

ATTRIBUTES = [
    legacy("the type alone", TAKEN, {}),
    legacy("a value", TAKEN, {"subject": "a"}, subject="a"),
    legacy("a value in another case", LEFT, {"subject": "a"}, subject="A"),
    legacy("two values, one other", LEFT, {"subject": "a", "rideid": "1"}, subject="a", rideid="2"),
    legacy("an absent attribute", LEFT, {"subject": "a"}),
    legacy("an empty value, absent", each(kafka=True, mt=False), {"rideid": ""}),
    legacy("an empty value, there", TAKEN, {"rideid": ""}, rideid="1"),
    legacy("an empty time, absent", TAKEN, {"time": ""}),
    legacy("the hop limit", each(kafka=True, mt=False), {"knativebrokerttl": "9"}, knativebrokerttl="9"),
    legacy("datamediatype", each(kafka=False, mt=True), {"datamediatype": "text/x"}, datacontenttype="text/x"),
]

FILTERS = [
    dialect("exact", TAKEN, {"exact": {"subject": "a"}}, subject="a"),
    dialect("exact, other", LEFT, {"exact": {"subject": "a"}}, subject="b"),
    dialect("prefix", TAKEN, {"prefix": {"subject": "ride/"}}, subject="ride/1"),
    dialect("suffix", LEFT, {"suffix": {"subject": "/2"}}, subject="ride/1"),
    dialect("two entries", LEFT, {"exact": {"subject": "a"}}, {"exact": {"rideid": "1"}}, subject="a"),
    dialect("all", LEFT, {"all": [{"exact": {"subject": "a"}}, {"exact": {"rideid": "1"}}]}, subject="a"),
    dialect("any", TAKEN, {"any": [{"exact": {"subject": "b"}}, {"exact": {"subject": "a"}}]}, subject="a"),
    dialect("not", LEFT, {"not": {"exact": {"subject": "a"}}}, subject="a"),
    dialect("not, absent", TAKEN, {"not": {"exact": {"subject": "a"}}}),
    dialect("an empty entry", TAKEN, {}),
    dialect("not of nothing", each(kafka=False, mt=True), {"not": {}}, source=f"D16; {DIALECTS}"),
    dialect("exact, empty value", TAKEN, {"exact": {"rideid": ""}}),
    dialect(
        "exact, one empty value", each(kafka=False, mt=True), {"exact": {"rideid": "", "subject": "b"}}, subject="a"
    ),
    dialect("any of nothing usable", TAKEN, {"any": [{"exact": {"rideid": ""}}]}),
    dialect("not of an empty value", each(kafka=False, mt=True), {"not": {"exact": {"rideid": ""}}}),
    dialect("a filter on the arrival time", each(kafka=False, mt=True), {"prefix": {"knativearrivaltime": "2"}}),
    dialect("not of an empty prefix", each(kafka=False, mt=True), {"not": {"prefix": {"rideid": ""}}}),
    dialect("prefix on an absent subject", LEFT, {"prefix": {"subject": "a"}}, source=ABSENT),
    dialect("suffix on an absent subject", LEFT, {"suffix": {"subject": "a"}}, source=ABSENT),
    dialect("not prefix on an absent subject", TAKEN, {"not": {"prefix": {"subject": "a"}}}, mesh_only=DISCARDS),
    dialect(
        "any with prefix on an absent subject",
        TAKEN,
        {"any": [{"prefix": {"subject": "a"}}, {"exact": {"rideid": "1"}}]},
        mesh_only=DISCARDS,
        rideid="1",
    ),
]

EXPRESSIONS = [
    cesql("cesql", TAKEN, "subject LIKE 'ride/%' AND INT(km) > 10", subject="ride/1", km="12"),
    cesql("cesql, false", LEFT, "subject = 'a'", subject="b"),
    cesql("cesql, absent", LEFT, "absent = 'a'"),
    cesql("cesql, absent and not asked for", TAKEN, "source = '/conformance' OR absent = 'a'"),
    cesql("cesql, EXISTS", TAKEN, "EXISTS rideid", rideid="1"),
    cesql("cesql, the text TRUE", each(kafka=True, mt=False), "'TRUE'", PANICS),
    cesql("cesql, the number 1", each(kafka=True, mt=False), "1", PANICS),
    cesql("cesql, the number 0", LEFT, "0", PANICS),
    cesql("cesql, the offset", each(kafka=True, mt=False), "INT(knativekafkaoffset) >= 0"),
]

OTHERS = [Row(name="filters over filter", source="2.1", see=_filters_win, expected=both(1), triggers=(BOTH_KINDS,))]


@pytest.mark.parametrize("row", [*ATTRIBUTES, *FILTERS, *EXPRESSIONS, *OTHERS], ids=str)
def test_filter(row: Row, run: Run) -> None:
    run.check(row)
