"""Each contract has its EventType, and broker/400-eventtypes.yaml is what the contracts say."""

import json
from typing import Any

import pytest
import yaml

from cabs.contract import Contract
from cabs.events import EVENTS
from support.scripts import ROOT, script

KEPT = ROOT / "broker/400-eventtypes.yaml"
eventtypes: Any = script("eventtypes")


def test_the_kept_manifests_are_up_to_date() -> None:
    assert KEPT.read_text() == eventtypes.text(), "run: python scripts/eventtypes.py > broker/400-eventtypes.yaml"


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_type_says_what_its_contract_says(event: type[Contract]) -> None:
    (spec,) = [each["spec"] for each in yaml.safe_load_all(KEPT.read_text()) if each["metadata"]["name"] == event.type]
    assert (spec["type"], spec["description"]) == (event.type, event.__doc__)
    assert json.loads(spec["schemaData"]) == event.schema()
