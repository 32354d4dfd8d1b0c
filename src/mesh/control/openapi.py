"""The OpenAPI document of the control API, made from the routes and their shapes.

`python -m mesh.control.openapi` writes it to standard output; docs/openapi.json is that.
"""

import sys
from importlib.metadata import version
from typing import Any

import msgspec

from mesh.control.routes import PAGES, ROUTES, Call, Page, Route, Stream
from mesh.control.shapes import Failure

FAILURES = {
    "400": "The request cannot be understood.",
    "403": "The Host or Origin is not the console's own.",
    "404": "Nothing of that name is here.",
    "409": "What was asked did not happen.",
    "500": "A bug in the mesh.",
}

REFERENCE = "#/components/schemas/{name}"

Json = dict[str, Any]


def document() -> Json:
    """Return the document as plain values, https://spec.openapis.org/oas/v3.1.1.html."""
    bodies = [route.asks for route in ROUTES if route.method == "POST"]
    answers = [route.answers for route in ROUTES]
    _, schemas = msgspec.json.schema_components([*bodies, *answers, Failure], ref_template=REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mesh control API",
            "version": version("cabs-event-mesh"),
            "description": "What the mesh command line asks of a running mesh. Only local pages and tools may call it.",
        },
        "paths": _paths(),
        "components": {"schemas": schemas, "responses": {code: _failure(why) for code, why in FAILURES.items()}},
    }


def text() -> bytes:
    """Return the document as it is served and kept in docs/openapi.json."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


def _paths() -> Json:
    paths: Json = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    for page in PAGES:
        paths.setdefault(page.path, {})["get"] = _page(page)
    return paths


def _operation(route: Call[Any, Any] | Stream[Any, Any]) -> Json:
    media_type = "application/jsonl" if isinstance(route, Stream) else "application/json"
    return {
        "operationId": route.name,
        "summary": route.summary,
        **_asked(route),
        "responses": {
            "200": {"description": "Done.", "content": {media_type: {"schema": _schema(route.answers)}}},
            **{code: {"$ref": f"#/components/responses/{code}"} for code in FAILURES},
        },
    }


def _asked(route: Route[Any, Any]) -> Json:
    if route.method == "POST":
        content = {"application/json": {"schema": _schema(route.asks)}}
        return {"requestBody": {"required": True, "content": content}}
    return {"parameters": [_parameter(route, field) for field in msgspec.structs.fields(route.asks)]}


def _parameter(route: Route[Any, Any], field: msgspec.structs.FieldInfo) -> Json:
    in_path = f"{{{field.encode_name}}}" in route.path
    return {
        "name": field.encode_name,
        "in": "path" if in_path else "query",
        "required": field.required,
        "schema": _schema(field.type),
    }


def _failure(description: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _schema(Failure)}}}


def _page(page: Page) -> Json:
    media_type = page.media_type.partition(";")[0]
    return {"summary": page.summary, "responses": {"200": {"description": "Done.", "content": {media_type: {}}}}}


def _schema(kind: Any) -> Json:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return schema


if __name__ == "__main__":
    sys.stdout.buffer.write(text())
