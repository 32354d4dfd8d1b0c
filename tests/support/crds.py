"""The schemas of the kinds that manifests use, made as strict as the server that applies them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CRDS = Path(__file__).parents[3] / "shared/crds"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # half a megabyte takes the pure one seconds
LOOSE = "x-kubernetes-preserve-unknown-fields"


def read_schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """A JSON Schema for each apiVersion and kind."""
    schemas = {}
    for file in sorted(CRDS.glob("*.yaml")):
        for definition in yaml.load_all(file.read_text(), LOADER):
            spec = definition["spec"] if definition else {"versions": []}
            for version in spec["versions"]:
                kind = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                schemas[kind] = _whole(version["schema"]["openAPIV3Schema"])
    return schemas


def _whole(schema: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: {"type": "string"} for name in ("apiVersion", "kind")} | {"metadata": {"type": "object"}}
    return strict({**schema, "properties": {**known, **schema["properties"]}})


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What is not declared is refused, but where the schema says that it is kept."""
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: strict(inner) for name, inner in schema["properties"].items()}
        closed.setdefault("additionalProperties", bool(schema.get(LOOSE)))
    if isinstance(schema.get("items"), Mapping):
        closed["items"] = strict(schema["items"])
    if isinstance(closed.get("additionalProperties"), Mapping):
        closed["additionalProperties"] = strict(closed["additionalProperties"])
    if schema.get("x-kubernetes-int-or-string"):
        closed["type"] = ["integer", "string"]
    return closed
