"""The AsyncAPI document is what the contracts say, and docs/asyncapi.json is that document."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

import jsonschema
import pytest

from cabs.contract import Contract
from cabs.events import EVENTS
from support.scripts import ROOT, script

asyncapi: Any = script("asyncapi")


def references(value: object) -> Iterator[str]:
    match value:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for member in value.values():
                yield from references(member)
        case list():
            for item in value:
                yield from references(item)


def test_the_kept_document_is_up_to_date() -> None:
    kept = (ROOT / "docs/asyncapi.json").read_bytes()
    assert kept == asyncapi.text(), "run: python scripts/asyncapi.py > docs/asyncapi.json"


def test_commands_are_received_and_facts_are_sent() -> None:
    document = asyncapi.document()
    actions = {
        document["components"]["messages"][name]["name"]: operation["action"]
        for name, operation in document["operations"].items()
    }
    assert actions == {event.type: "receive" if event.kind == "command" else "send" for event in EVENTS}


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi.document()
    for reference in references(document):
        assert reduce(lambda part, name: part[name], reference.removeprefix("#/").split("/"), document)


@pytest.mark.parametrize("event", EVENTS)
def test_every_payload_is_a_schema_of_the_draft_that_asyncapi_reads(event: type[Contract]) -> None:
    components = asyncapi.document()["components"]
    jsonschema.Draft7Validator.check_schema(components["schemas"][event.__name__])


def test_a_payload_is_judged_as_the_contract_judges_it() -> None:
    document = asyncapi.document()
    payload = document["components"]["messages"]["MilesAwarded"]["payload"]
    judge = jsonschema.Draft7Validator(payload | {"components": document["components"]})
    fact = {"ride_id": "r-1", "passenger_id": "p-1", "miles": 7, "balance": 12}
    assert [judge.is_valid(fact), judge.is_valid(fact | {"miles": -1})] == [True, False]
