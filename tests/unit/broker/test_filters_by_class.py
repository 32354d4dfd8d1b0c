"""Where the broker classes disagree about a filter: each class's verdict on the same event, side by side."""

import pytest

from mesh.broker.broker_class import CLASSES, KAFKA, MT, BrokerClass
from mesh.broker.instants import iso_instant, rfc3339_nano
from mesh.ledger.records import Stored
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix, Suffix
from support.events import event

EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/app",
    "type": "ride",
    "region": "eu",
    "floor": "",
    "time": "2026-01-31T12:00:00.120+02:00",
    "dataschema": "http://schemas/ride",
    "datacontenttype": "application/json ; charset=utf-8",
}
OF_03 = {"specversion": "0.3", "schemaurl": "/old", "datacontentencoding": "base64"}
HOLDS, OTHER = Exact({"region": "eu"}), Exact({"region": "us"})
EMPTY = Exact({"region": "us", "type": ""})  # MT leaves it out; Kafka asks for the region

# What is asked for, and each class's verdict: None, it passes, or why not.
Row = tuple[Filter, str | None, str | None]

LEGACY: dict[str, Row] = {  # reference: attributes/filter.go, AttributesFilter.java
    "an empty value and an attribute that is there": (Legacy({"region": ""}), None, None),
    "an empty value and an absent attribute": (Legacy({"subject": ""}), None, "subject is absent or empty"),
    "an empty value and an absent extension": (Legacy({"floors": ""}), None, "floors is absent or empty"),
    "an empty value and an empty extension": (Legacy({"floor": ""}), None, "floor is absent or empty"),
    "an empty value beside another": (
        Legacy({"subject": "", "region": "us"}),
        "region is 'eu', not 'us'",
        "subject is absent or empty",
    ),
    "an empty value and a media type": (Legacy({"datamediatype": ""}), None, None),
    "the media type": (Legacy({"datamediatype": "application/json"}), "datamediatype is absent", None),
}

EMPTY_VALUES: dict[str, Row] = {  # subscriptionsapi/create.go: the entry is left out whole
    "of exact": (EMPTY, "region is 'eu', not 'us'", None),
    "of prefix": (Prefix({"region": "us", "type": ""}), "region is 'eu', which does not start with 'us'", None),
    "of suffix": (Suffix({"region": "us", "type": ""}), "region is 'eu', which does not end with 'us'", None),
    "alone under not": (Not(Exact({"type": ""})), "excluded by not: anything", None),
    "beside another under not": (Not(Exact({"region": "eu", "type": ""})), "excluded by not: region is 'eu'", None),
    "under all": (All((HOLDS, EMPTY)), "region is 'eu', not 'us'", None),
    "alone under all": (All((EMPTY,)), "region is 'eu', not 'us'", None),
    "alone under any": (Any((EMPTY,)), "region is 'eu', not 'us'", None),
    "beside what fails under any": (
        Any((OTHER, Exact({"type": ""}))),
        None,
        "region is 'eu', not 'us'",
    ),
}

THREE_VALUES: dict[str, Row] = {  # subscriptionsapi/{all,any,not}_filter.go
    "{}": (Nothing(), None, None),
    "not: {}": (Not(Nothing()), "excluded by not: anything", None),
    "not of not: {}": (Not(Not(Nothing())), None, None),
    "not three times: {}": (Not(Not(Not(Nothing()))), "excluded by not: not not anything", None),
    "any of what fails and {}": (Any((OTHER, Nothing())), None, "region is 'eu', not 'us'"),
    "any of what fails and then no filter": (
        Any((OTHER, Not(Nothing()))),
        "no alternative holds: region is 'eu', not 'us'; excluded by not: anything",
        None,
    ),
    "any of no filter and then what fails": (
        Any((Not(Nothing()), OTHER)),
        "no alternative holds: excluded by not: anything; region is 'eu', not 'us'",
        "region is 'eu', not 'us'",
    ),
    "any of {} alone": (Any((Nothing(),)), None, None),
    "not any of {} alone": (Not(Any((Nothing(),))), "excluded by not: (anything)", None),
    "not any of what holds and {}": (
        Not(Any((HOLDS, Nothing()))),
        "excluded by not: (region is 'eu' or anything)",
        "excluded by not: (region is 'eu')",
    ),
    "all of what holds and then no filter, under not": (Not(All((HOLDS, Not(Nothing())))), None, None),
    "all of no filter and then what holds, under not": (
        Not(All((Not(Nothing()), HOLDS))),
        None,
        "excluded by not: (not anything and region is 'eu')",
    ),
    "not all of {} alone": (Not(All((Nothing(),))), "excluded by not: (anything)", None),
}

TIMES: dict[str, Row] = {
    "three digits": (
        Exact({"time": "2026-01-31T10:00:00.120Z"}),
        None,
        "time is '2026-01-31T10:00:00.12Z', not '2026-01-31T10:00:00.120Z'",
    ),
    "two digits": (
        Legacy({"time": "2026-01-31T10:00:00.12Z"}),
        "time is '2026-01-31T10:00:00.120Z', not '2026-01-31T10:00:00.12Z'",
        None,
    ),
    "as it was written": (
        Exact({"time": EVENT["time"]}),
        f"time is '2026-01-31T10:00:00.120Z', not '{EVENT['time']}'",
        f"time is '2026-01-31T10:00:00.12Z', not '{EVENT['time']}'",
    ),
}

RESULTS: dict[str, Row] = {  # CeSqlFilterTest.java; cloudevents/spec subscriptions/spec.md 3.2.4.1
    "'TRUE'": (Cesql("'TRUE'"), None, "cesql 'TRUE': yields 'TRUE', which is no boolean"),
    "'FALSE'": (Cesql("'FALSE'"), "cesql 'FALSE': is false", "cesql 'FALSE': yields 'FALSE', which is no boolean"),
    "1": (Cesql("1"), None, "cesql 1: yields 1, which is no boolean"),
    "0": (Cesql("0"), "cesql 0: is false", "cesql 0: yields 0, which is no boolean"),
    "text": (
        Cesql("region"),
        "cesql region: 'eu' is neither true nor false",
        "cesql region: yields 'eu', which is no boolean",
    ),
    "under any": (
        Any((Cesql("1"),)),
        None,
        "no alternative holds: cesql 1: yields 1, which is no boolean",
    ),
    "under not": (Not(Cesql("1")), "excluded by not: cesql 1", None),
}

ROWS = {
    f"{table}: {name}": row
    for table, rows in {
        "legacy": LEGACY,
        "an empty value": EMPTY_VALUES,
        "three values": THREE_VALUES,
        "time": TIMES,
        "result": RESULTS,
    }.items()
    for name, row in rows.items()
}


@pytest.mark.parametrize(("entry", "kafka", "mt"), ROWS.values(), ids=ROWS.keys())
def test_each_class_has_its_verdict(entry: Filter, kafka: str | None, mt: str | None) -> None:
    assert (KAFKA.compile_filters((entry,))(EVENT), MT.compile_filters((entry,))(EVENT)) == (kafka, mt)


ABSENT_TIME: dict[str, Row] = {  # attributes/filter.go: Go's zero time
    "any": (Legacy({"time": ""}), None, None),
    "Go's zero time": (Exact({"time": "0001-01-01T00:00:00Z"}), "time is absent", None),
    "a prefix": (Prefix({"time": "0001-"}), "time is absent", None),
    "another": (
        Exact({"time": "2026-01-31T12:00:00Z"}),
        "time is absent",
        "time is '0001-01-01T00:00:00Z', not '2026-01-31T12:00:00Z'",
    ),
}


@pytest.mark.parametrize(("entry", "kafka", "mt"), ABSENT_TIME.values(), ids=ABSENT_TIME.keys())
def test_an_absent_time(entry: Filter, kafka: str | None, mt: str | None) -> None:
    assert (KAFKA.compile_filters((entry,))({}), MT.compile_filters((entry,))({})) == (kafka, mt)


@pytest.mark.parametrize("broker_class", CLASSES.values(), ids=CLASSES.keys())
@pytest.mark.parametrize("name", ["dataschema", "schemaurl"])
def test_the_schema_goes_by_both_names_in_both_versions(broker_class: BrokerClass, name: str) -> None:
    assert broker_class.compile_filters((Exact({name: "http://schemas/ride"}),))(EVENT) is None
    assert broker_class.compile_filters((Exact({name: "/old"}),))(OF_03) is None


def test_an_encoding_is_an_attribute_of_03_alone_for_mt() -> None:
    check = MT.compile_filters((Exact({"datacontentencoding": "base64"}),))
    assert check(OF_03) is None
    assert check(OF_03 | {"specversion": "1.0"}) == "datacontentencoding is absent"


def test_a_media_type_without_parameters_is_the_content_type() -> None:
    asked = (Exact({"datamediatype": "text/plain"}),)
    assert MT.compile_filters(asked)({"datacontenttype": "text/plain"}) is None
    assert MT.compile_filters(asked)({}) == "datamediatype is absent"


INSTANTS = {  # as written: Kafka's, MT's
    "2026-01-31T12:00:00Z": ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    "2026-01-31T12:00:00.1Z": ("2026-01-31T12:00:00.100Z", "2026-01-31T12:00:00.1Z"),
    "2026-01-31T12:00:00.1234Z": ("2026-01-31T12:00:00.123400Z", "2026-01-31T12:00:00.1234Z"),
    "2026-01-31T12:00:00.1234567Z": ("2026-01-31T12:00:00.123456700Z", "2026-01-31T12:00:00.1234567Z"),
    "2026-01-31T12:00:00.1234567891Z": ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123456789Z"),
    "2026-01-31T12:00:00.000Z": ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    "2026-01-31t12:00:00z": ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    "2026-01-01T00:30:00+01:00": ("2025-12-31T23:30:00Z", "2025-12-31T23:30:00Z"),
    "2026-02-30T12:00:00Z": ("2026-02-30T12:00:00Z", "2026-02-30T12:00:00Z"),
    "0001-01-01T00:00:00+01:00": ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
    "yesterday": ("yesterday", "yesterday"),
}


@pytest.mark.parametrize(("written", "instants"), INSTANTS.items())
def test_a_time_as_java_and_as_go_write_it(written: str, instants: tuple[str, str]) -> None:
    assert (iso_instant(written), rfc3339_nano(written)) == instants


SHOWN: dict[str, Row] = {  # RecordDispatcherMutatorChain.java; broker/filter/filter_handler.go
    "the partition": (Exact({"knativekafkapartition": "3"}), None, "knativekafkapartition is absent"),
    "the offset": (Exact({"knativekafkaoffset": "7"}), None, "knativekafkaoffset is absent"),
    "the arrival, which only MT adds": (Prefix({"knativearrivaltime": "2026-"}), None, None),
    "the hop count": (
        Legacy({"knativebrokerttl": "254"}),
        None,
        "knativebrokerttl is absent",
    ),
}


@pytest.mark.parametrize(("entry", "kafka", "mt"), SHOWN.values(), ids=SHOWN.keys())
def test_filters_see_what_the_class_shows_them(entry: Filter, kafka: str | None, mt: str | None) -> None:
    accepted = event(knativebrokerttl="254", knativearrivaltime="2026-01-31T10:00:00Z")
    stored = Stored(seq=1, broker="cabs/default", accepted_at=0.0, event=accepted, partition=3, offset=7)
    for broker_class, verdict in ((KAFKA, kafka), (MT, mt)):
        assert broker_class.compile_filters((entry,))(broker_class.received(stored).attributes) == verdict
