"""Which event types alone can pass a Trigger's filters: never fewer than do."""

import pytest

from mesh.broker.broker_class import CLASSES
from mesh.broker.filter_types import type_decides, types_of
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix

RIDE, FEE = Exact({"type": "ride"}), Legacy({"type": "fee"})
OF_ONE_TYPE: list[tuple[Filter, set[str] | None]] = [
    (RIDE, {"ride"}),
    (FEE, {"fee"}),
    (Exact({"type": "ride", "subject": "a"}), {"ride"}),
    (Exact({"subject": "a"}), None),
    (Exact({"type": ""}), None),
    (Exact({"type": "ride", "subject": ""}), None),
    (Prefix({"type": "ride"}), None),
    (Cesql("type = 'ride'"), None),
    (Nothing(), None),
    (Not(RIDE), None),
    (All((RIDE, Prefix({"subject": "a"}))), {"ride"}),
    (All((RIDE, FEE)), set()),
    (All(()), None),
    (Any((RIDE, FEE)), {"ride", "fee"}),
    (Any((RIDE, Prefix({"subject": "a"}))), None),
    (Any(()), None),
]


@pytest.mark.parametrize(("entry", "types"), OF_ONE_TYPE)
def test_the_types_are_those_of_exact_conditions(entry: Filter, types: set[str] | None) -> None:
    assert types_of([entry]) == types
    assert types_of([]) is None


@pytest.mark.parametrize("broker_class", CLASSES)
@pytest.mark.parametrize("entry", [entry for entry, _ in OF_ONE_TYPE])
@pytest.mark.parametrize("event_type", ["ride", "fee", "other"])
@pytest.mark.parametrize("subject", ["a", "b", ""])
def test_what_passes_is_of_one_of_the_types(broker_class: str, entry: Filter, event_type: str, subject: str) -> None:
    attributes = {"specversion": "1.0", "id": "e-1", "source": "/a", "type": event_type, "subject": subject}
    types = types_of([entry])
    passes = CLASSES[broker_class].compile_filters((entry,))(attributes) is None
    of_such_a_type = types is None or event_type in types
    assert of_such_a_type or not passes
    assert passes or not (of_such_a_type and type_decides([entry]))


def test_the_type_decides_where_nothing_else_is_asked_for() -> None:
    assert [entry for entry, _ in OF_ONE_TYPE if type_decides([entry])] == [RIDE, FEE]
    assert type_decides([])
    assert not type_decides([RIDE, RIDE])
