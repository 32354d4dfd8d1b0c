"""What Knative's own tests of filters say: each class against the tests of its code, both against those end to end."""

from collections.abc import Mapping

import pytest

from mesh.broker.broker_class import CLASSES, KAFKA, MT, BrokerClass
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Prefix, Suffix

# An entry, an event and whether it passes.
Row = tuple[Filter, Mapping[str, str], bool]

PLAIN = {"specversion": "1.0", "id": "1234", "type": "dev.knative.example", "source": "knativesource"}
EXTENDED = PLAIN | {"myextension": "my-extension-value"}
ABOUT = PLAIN | {"subject": "mysubject"}
FULL = PLAIN | {"dataschema": "wow", "subject": "cool", "datacontenttype": "cheers;mate"}
BOTH = {"type": "dev.knative.example", "source": "knativesource"}
PASS, FAIL = Exact({"id": "1234"}), Exact({"id": "4321"})

MT_LEGACY: dict[str, Row] = {  # knative/eventing pkg/eventfilter/attributes/filter_test.go
    "another type, any source": (Legacy({"type": "some-other-type", "source": ""}), PLAIN, False),
    "any type, another source": (Legacy({"type": "", "source": "some-other-source"}), PLAIN, False),
    "any type and source": (Legacy({"type": "", "source": ""}), PLAIN, True),
    "the type and source": (Legacy(BOTH), PLAIN, True),
    "an extension": (Legacy(BOTH | {"myextension": "my-extension-value"}), EXTENDED, True),
    "another extension": (Legacy(BOTH | {"myextension": "other"}), EXTENDED, False),
    "any extension, with none": (Legacy(BOTH | {"myextension": ""}), PLAIN, False),
    "any extension, with one": (Legacy(BOTH | {"myextension": ""}), EXTENDED, True),
    "a subject": (Legacy(BOTH | {"subject": "mysubject"}), ABOUT, True),
    "any subject, with none": (Legacy(BOTH | {"subject": ""}), PLAIN, False),
    "any subject, with one": (Legacy(BOTH | {"subject": ""}), ABOUT, True),
    "any type and source of what has arrived": (
        Legacy({"type": "", "source": ""}),
        PLAIN | {"knativearrivaltime": "2019-08-26T23:38:17.834384404Z"},
        True,
    ),
    "every attribute of 1.0, without a time": (
        Legacy(FULL | {"time": "0001-01-01T00:00:00Z", "schemaurl": "wow", "datamediatype": "cheers"}),
        FULL,
        True,
    ),
    "the encoding of 0.3": (
        Legacy({"datacontentencoding": "perfect"}),
        {"specversion": "0.3", "datacontentencoding": "perfect"},
        True,
    ),
}

MT_DIALECTS: dict[str, Row] = {  # knative/eventing pkg/eventfilter/subscriptionsapi/*_filter_test.go
    "exact: another type": (Exact({"type": "some-other-type"}), PLAIN, False),
    "exact: the type": (Exact({"type": "dev.knative.example"}), PLAIN, True),
    "exact: an absent extension": (Exact({"missingattribute": "missingvalue"}), PLAIN, False),
    "exact: the type and another source": (Exact(BOTH | {"source": "some-other-source"}), PLAIN, False),
    "exact: the type and an absent extension": (Exact(BOTH | {"myextension": "my-extension-value"}), PLAIN, False),
    "exact: the type and an extension": (Exact(BOTH | {"myextension": "my-extension-value"}), EXTENDED, True),
    "prefix: of the type": (Prefix({"type": "dev.knative"}), PLAIN, True),
    "prefix: another": (Prefix({"type": "wrong.prefix"}), PLAIN, False),
    "prefix: of an absent extension": (Prefix({"some-other-attribute": "wrong.prefix"}), PLAIN, False),
    "prefix: of the type and an extension": (Prefix({"type": "dev.", "myextension": "my-extension"}), EXTENDED, True),
    "suffix: of the type": (Suffix({"type": ".knative.example"}), PLAIN, True),
    "suffix: another": (Suffix({"type": "wrong.suffix"}), PLAIN, False),
    "suffix: of the type and an absent extension": (Suffix({"type": "example", "myextension": "x"}), PLAIN, False),
    "all: pass and fail": (All((PASS, FAIL)), PLAIN, False),
    "all: pass and pass": (All((PASS, PASS)), PLAIN, True),
    "all: pass and all of pass and fail": (All((PASS, All((PASS, FAIL)))), PLAIN, False),
    "all of nothing": (All(()), PLAIN, True),
    "any: pass and fail": (Any((PASS, FAIL)), PLAIN, True),
    "any: fail and fail": (Any((FAIL, FAIL)), PLAIN, False),
    "any: fail and any of pass and fail": (Any((FAIL, Any((PASS, FAIL)))), PLAIN, True),
    "any of nothing": (Any(()), PLAIN, True),
    "not: pass": (Not(PASS), PLAIN, False),
    "not: fail": (Not(FAIL), PLAIN, True),
    "cesql: the type": (Cesql("type = 'dev.knative.example'"), PLAIN, True),
    "cesql: another extension": (Cesql("myextension = 'wrong.extension'"), PLAIN, False),
    "cesql: text as a number": (Cesql("floors < 30"), PLAIN | {"floors": "20"}, True),
    "cesql: the type or another source": (
        Cesql("(type = 'dev.knative.example') OR (source = 'some-other-source')"),
        PLAIN,
        True,
    ),
    "cesql: an absent attribute": (Cesql("missingattribute < 5"), PLAIN, False),
}

OF_10 = {
    "specversion": "1.0",
    "id": "123-42",
    "source": "/api/some-source",
    "type": "dev.knative.eventing.create",
    "datacontenttype": "application/cloudevents+json",
    "dataschema": "/api/schema",
    "subject": "a-subject-42",
    "time": "1985-04-12T23:20:50Z",
}
OF_03 = {name: value for name, value in OF_10.items() if name != "dataschema"} | {
    "specversion": "0.3",
    "schemaurl": "/api/schema-url",
}
FEW = {"specversion": "1.0", "id": "123", "type": "type", "source": "/api/source", "extension2": "valueExtension2"}

KAFKA_TESTS: dict[str, Row] = {  # eventing-kafka-broker data-plane core/filter/subscriptionsapi/*FilterTest.java
    "exact: every attribute of 1.0": (Exact(OF_10), OF_10, True),
    "exact: every attribute of 0.3": (Exact(OF_03), OF_03, True),
    "exact: another schema by its old name": (Exact(OF_10 | {"schemaurl": "/api/schema-url"}), OF_10, False),
    "exact: another id": (Exact({"specversion": "0.3", "id": "123-423"}), OF_03, False),
    "exact: source and schema exchanged": (
        Exact({"source": "/api/schema", "dataschema": "/api/some-source"}),
        OF_10,
        False,
    ),
    "an empty value of what is there": (Exact({"source": "/api/source", "type": ""}), FEW, True),
    "an empty value of an absent extension": (Exact({"extension1": "", "extension2": "valueExtension2"}), FEW, True),
    "nothing but empty values": (Exact({"extname1": "", "source": "", "type": ""}), FEW, True),
    "another extension": (Exact({"extension2": "valueExtension"}), FEW, False),
    "an absent subject": (Exact({"source": "/api/source", "extension1": "", "subject": "someSubject"}), FEW, False),
    "prefix: of the id": (Prefix({"id": "123"}), OF_10, True),
    "prefix: another of the id": (Prefix({"id": "124"}), OF_10, False),
    "suffix: of the source": (Suffix({"source": "source"}), OF_10, True),
    "suffix: another of the source": (Suffix({"source": "sink"}), OF_10, False),
    "all: one of two": (All((Exact({"id": "123"}), Exact({"source": "/api/some-source"}))), OF_10, False),
    "all: both": (All((Exact({"id": "123-42"}), Exact({"source": "/api/some-source"}))), OF_10, True),
    "all of nothing": (All(()), OF_10, True),
    "any: one of two": (Any((Exact({"id": "123"}), Exact({"source": "/api/some-source"}))), OF_10, True),
    "any: none of two": (Any((Exact({"id": "123"}), Exact({"source": "/api/something-else"}))), OF_10, False),
    "any of nothing": (Any(()), OF_10, False),
    "not: the id": (Not(Exact({"id": "123-42"})), OF_10, False),
    "not: another source": (Not(Exact({"source": "/api/wrong-source"})), OF_10, True),
    "cesql: 'TRUE'": (Cesql("'TRUE'"), OF_10, True),
    "cesql: 'FALSE'": (Cesql("'FALSE'"), OF_10, False),
    "cesql: 0": (Cesql("0"), OF_10, False),
    "cesql: 1": (Cesql("1"), OF_10, True),
    "cesql: like": (Cesql("id LIKE '123%'"), OF_10, True),
    "cesql: not like": (Cesql("NOT(id LIKE '123%')"), OF_10, False),
}

OF_ONE_CLASS = [
    pytest.param(broker_class, *row, id=f"{broker_class.name}: {name}")
    for broker_class, rows in ((MT, MT_LEGACY), (MT, MT_DIALECTS), (KAFKA, KAFKA_TESTS))
    for name, row in rows.items()
]


@pytest.mark.parametrize(("broker_class", "entry", "event", "passes"), OF_ONE_CLASS)
def test_a_class_decides_as_the_tests_of_its_code_say(
    broker_class: BrokerClass, entry: Filter, event: Mapping[str, str], passes: bool
) -> None:
    assert (broker_class.compile_filters((entry,))(event) is None) == passes


FOUR = (
    Exact({"type": "exact.prefix.suffix.event.type"}),
    Prefix({"type": "exact.prefix"}),
    Suffix({"type": "suffix.event.type"}),
    Cesql("type LIKE 'exact.prefix.suffix%'"),
)
ONE_OF_FIVE = Any(
    (
        Exact({"type": "exact.event.type"}),
        Prefix({"type": "prefix"}),
        Suffix({"type": "suffix"}),
        Not(Cesql("type LIKE '%event.type%'")),
        Cesql("type = 'cesql.event.type'"),
    )
)
AN_EXTENSION = All(
    (
        Exact({"extensionattribute": "extensionvalue"}),
        Prefix({"extensionattribute": "extension"}),
        Suffix({"extensionattribute": "value"}),
        Cesql("extensionattribute LIKE '%value'"),
    )
)


def of_type(name: str) -> Mapping[str, str]:
    return PLAIN | {"type": name}


END_TO_END: dict[str, tuple[tuple[Filter, ...], list[Mapping[str, str]], list[Mapping[str, str]]]] = {
    # knative/eventing test/rekt/features/new_trigger_filters/feature.go, which both classes are tested with:
    # the filters, events that are delivered, events that are not
    "any": (
        (ONE_OF_FIVE,),
        [
            of_type(name)
            for name in (
                "exact.event.type",
                "prefix.event.type",
                "event.type.suffix",
                "not.type.event",
                "cesql.event.type",
            )
        ],
        [of_type("not.event.type")],
    ),
    "any of several exact": (
        (Any(tuple(Exact({"type": f"resource.{verb}"}) for verb in ("update", "add", "delete"))),),
        [of_type("resource.update"), of_type("resource.add"), of_type("resource.delete")],
        [of_type("prefix.event.type")],
    ),
    **{
        name: (
            filters,
            [of_type("exact.prefix.suffix.event.type")],
            [
                of_type("not.event.type"),
                of_type("exact.prefix.suffix.event"),
                of_type("exact.prefix.suffix.event.suffix.event.type"),
            ],
        )
        for name, filters in {"all": (All(FOUR),), "a list, which all hold": FOUR}.items()
    },
    "an absent extension": ((AN_EXTENSION,), [PLAIN | {"extensionattribute": "extensionvalue"}], [PLAIN]),
}


@pytest.mark.parametrize("broker_class", CLASSES.values(), ids=CLASSES.keys())
@pytest.mark.parametrize(("filters", "delivered", "withheld"), END_TO_END.values(), ids=END_TO_END.keys())
def test_both_classes_decide_as_the_tests_end_to_end_say(
    broker_class: BrokerClass,
    filters: tuple[Filter, ...],
    delivered: list[Mapping[str, str]],
    withheld: list[Mapping[str, str]],
) -> None:
    check = broker_class.compile_filters(filters)
    assert [event for event in delivered + withheld if check(event) is None] == delivered
