"""Which events pass a filter where the broker classes agree, and why the others do not."""

import pytest

from mesh.broker.broker_class import CLASSES, BrokerClass
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix, Suffix

every_class = pytest.mark.parametrize("broker_class", CLASSES.values(), ids=CLASSES.keys())

EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "//cabs/invoice",
    "type": "cabs.billing.invoice-issued",
    "time": "2026-01-31T12:00:00.120+02:00",
    "dataschema": "http://schemas/invoice",
    "region": "eu",
}

PASSES = {
    "the exact type": Exact({"type": "cabs.billing.invoice-issued"}),
    "two exact attributes": Exact({"type": "cabs.billing.invoice-issued", "source": "//cabs/invoice"}),
    "an extension": Exact({"region": "eu"}),
    "a prefix": Prefix({"type": "cabs.billing."}),
    "a suffix": Suffix({"type": "-issued"}),
    "a prefix and another": Prefix({"type": "cabs.", "source": "//cabs"}),
    "all of all": All((Prefix({"type": "cabs."}), Suffix({"type": "-issued"}))),
    "one of any": Any((Exact({"type": "other"}), Exact({"region": "eu"}))),
    "the opposite of what does not hold": Not(Exact({"type": "other"})),
    "the opposite of an absent attribute": Not(Exact({"subject": "x"})),
    "the opposite of a prefix of an absent attribute": Not(Prefix({"subject": "x"})),
    "an absent attribute beside another that holds": Any((Prefix({"subject": "x"}), Exact({"region": "eu"}))),
    "an entry that says nothing": Nothing(),
    "an empty value beside one that holds": Exact({"type": "", "region": "eu"}),
    "the legacy filter": Legacy({"type": "cabs.billing.invoice-issued"}),
    "a legacy filter without attributes": Legacy({}),
    "a prefix of the time in UTC": Prefix({"time": "2026-01-31T10:"}),
    "the schema by its old name": Legacy({"schemaurl": "http://schemas/invoice"}),
    "all of nothing": All(()),
    "a cesql expression that is true": Cesql("type LIKE 'cabs.%' AND region = 'eu'"),
    "a cesql expression that looks at an absent attribute only where it decides": Cesql(
        "region = 'eu' OR subject = 'x'"
    ),
    "the opposite of a cesql expression that fails": Not(Cesql("subject = 'x'")),
}

FAILS = {
    "another type": (Exact({"type": "other"}), "type is 'cabs.billing.invoice-issued', not 'other'"),
    "a type in capitals": (
        Legacy({"type": "CABS.BILLING.INVOICE-ISSUED"}),
        "type is 'cabs.billing.invoice-issued', not 'CABS.BILLING.INVOICE-ISSUED'",
    ),
    "an absent attribute": (Exact({"subject": "ride/1"}), "subject is absent"),
    "a prefix of an absent attribute": (Prefix({"subject": "ride/"}), "subject is absent"),
    "a suffix of an absent attribute": (Suffix({"subject": "/1"}), "subject is absent"),
    "an absent extension": (Legacy({"department": "x"}), "department is absent"),
    "another prefix": (Prefix({"region": "us"}), "region is 'eu', which does not start with 'us'"),
    "another suffix": (Suffix({"region": "us"}), "region is 'eu', which does not end with 'us'"),
    "the first of two that does not hold": (Exact({"region": "us", "source": "x"}), "region is 'eu', not 'us'"),
    "one of all": (All((Exact({"region": "eu"}), Exact({"id": "e-2"}))), "id is 'e-1', not 'e-2'"),
    "none of any": (
        Any((Exact({"region": "us"}), Exact({"subject": "x"}))),
        "no alternative holds: region is 'eu', not 'us'; subject is absent",
    ),
    "the opposite of what holds": (Not(Exact({"region": "eu"})), "excluded by not: region is 'eu'"),
    "the opposite of several": (
        Not(Any((Prefix({"region": "e"}), All((Suffix({"id": "9"}), Not(Exact({"id": "8"}))))))),
        "excluded by not: (region starts with 'e' or (id ends with '9' and not id is '8'))",
    ),
    "a cesql expression that is false": (
        Cesql("region = 'us'\n  OR NOT EXISTS time"),
        "cesql region = 'us' OR NOT EXISTS time: is false",
    ),
    "a cesql expression with an absent attribute": (
        Cesql("region = 'eu' AND subject = 'x'"),
        "cesql region = 'eu' AND subject = 'x': subject is absent",
    ),
    "a cesql expression with an impossible cast": (
        Cesql("INT(region) < 5"),
        "cesql INT(region) < 5: 'eu' is no integer of 32 bits",
    ),
    "a cesql expression with a function that is none": (
        Cesql("SIZE(region) < 5"),
        "cesql SIZE(region) < 5: there is no function SIZE with 1 argument",
    ),
    "a long cesql expression": (
        Cesql("region IN ('us', 'ca', 'mx', 'br', 'ar', 'cl', 'pe', 'co', 'uy')"),
        "cesql region IN ('us', 'ca', 'mx', 'br', 'ar', 'cl', 'pe', 'co', …: is false",
    ),
    "the opposite of a cesql expression": (
        Not(Cesql("region = 'eu'")),
        "excluded by not: cesql region = 'eu'",
    ),
}


@every_class
@pytest.mark.parametrize("entry", PASSES.values(), ids=PASSES.keys())
def test_an_event_passes(broker_class: BrokerClass, entry: Filter) -> None:
    assert broker_class.compile_filters((entry,))(EVENT) is None


@every_class
@pytest.mark.parametrize(("entry", "reason"), FAILS.values(), ids=FAILS.keys())
def test_an_event_does_not_pass(broker_class: BrokerClass, entry: Filter, reason: str) -> None:
    assert broker_class.compile_filters((entry,))(EVENT) == reason


@every_class
def test_without_filters_everything_passes(broker_class: BrokerClass) -> None:
    assert broker_class.compile_filters(())({}) is None


@every_class
def test_several_filters_all_hold(broker_class: BrokerClass) -> None:
    check = broker_class.compile_filters((Exact({"region": "eu"}), Prefix({"id": "e"}), Exact({"id": "e-2"})))
    assert check(EVENT) == "id is 'e-1', not 'e-2'"
    assert check(EVENT | {"id": "e-2"}) is None
