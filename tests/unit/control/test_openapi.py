"""The OpenAPI document is what the server does, and docs/openapi.json is that document."""

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from mesh.control.client import Client
from mesh.control.openapi import document, text
from mesh.control.routes import PAGES, ROUTES, STATUS, Nothing
from mesh.control.shapes import Fault

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"


def schema(name: str) -> dict[str, Any]:
    components = document()["components"]
    return {"$ref": f"#/components/schemas/{name}", "components": components}


def test_the_kept_document_is_up_to_date() -> None:
    assert KEPT.read_bytes() == text(), "run: python -m mesh.control.openapi > docs/openapi.json"


def test_every_route_and_page_is_described() -> None:
    paths = document()["paths"]

    assert {(route.path, route.method.lower()) for route in ROUTES} | {(page.path, "get") for page in PAGES} == {
        (path, method) for path, methods in paths.items() for method in methods
    }


def test_every_reference_leads_somewhere() -> None:
    components = document()["components"]
    references = {part.split('"')[0] for part in text().decode().split('"$ref": "#/components/')[1:]}

    assert references <= {f"{section}/{name}" for section, names in components.items() for name in names}


def test_a_parameter_in_the_path_is_required() -> None:
    logs = document()["paths"]["/functions/{function}/logs"]["get"]["parameters"]

    assert [(each["name"], each["in"], each["required"]) for each in logs] == [
        ("function", "path", True),
        ("follow", "query", False),
    ]


def test_an_answer_is_valid_against_its_schema(client: Client) -> None:
    jsonschema.validate(msgspec.to_builtins(client.ask(STATUS, Nothing())), schema("Status"))


def test_a_wrong_request_is_invalid_against_its_schema() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"trigger": "cabs/invoice", "status": 7}, schema(Fault.__name__))
