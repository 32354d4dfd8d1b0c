"""An EventType. Rules: knative/eventing pkg/apis/eventing/{v1beta1,v1beta2,v1beta3}/eventtype_validation.go."""

from mesh.manifests.destination import REFERENCE
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import EventType
from mesh.manifests.urls import parse_url
from mesh.manifests.yaml_nodes import Node

SPEC = ("type", "source", "schema", "schemaData", "broker", "reference", "description")
SPEC_V1BETA3 = ("reference", "description", "attributes")
REQUIRED = ("id", "source", "specversion", "type")


def read_event_type(document: Node, metadata: Metadata, findings: Findings, version: str) -> EventType:
    """Read an EventType of `v1beta1`, `v1beta2` or `v1beta3`."""
    fields = Fields(document, findings, OBJECT)
    newest = version == "v1beta3"
    known = SPEC_V1BETA3 if newest else SPEC
    spec = fields.object("spec", known) or Fields(Node({}, "spec", document.origin), findings, ())
    type_, source = _attributes(spec) if newest else _context(spec, version)
    spec.text("description")
    _check_reference(spec)
    return EventType(metadata.namespace, metadata.name, type_, source, metadata.origin)


def _context(spec: Fields, version: str) -> tuple[str, str]:
    for name in ("schemaData", "broker"):
        spec.text(name)
    _uri(spec, "schema", version)
    return spec.required_text("type"), _uri(spec, "source", version)


def _uri(spec: Fields, name: str, version: str) -> str:
    text = spec.text(name)
    if text == "" and version == "v1beta1":
        spec.wrong(spec.node.value[name], f"{name} URI cannot be empty")
    try:
        parse_url(text or "")
    except ValueError as error:
        spec.wrong(spec.node.value[name], f"a URI: {error}")
    return text or ""


def _attributes(spec: Fields) -> tuple[str, str]:
    entries = [Fields(item, spec.findings, ("name", "required", "value")) for item in spec.items("attributes")]
    values = {_name(entry): entry.text("value") or "" for entry in entries}
    missing = [name for name in REQUIRED if name not in values]
    if missing and isinstance(spec.node.value, dict):
        node = spec.get("attributes") or spec.node
        paths = spec.paths(*(f"attributes.{name}" for name in missing))
        spec.problem(node, f"missing field(s): {paths} (list {', '.join(missing)} by name)")
    return values.get("type", ""), values.get("source", "")


def _name(entry: Fields) -> str:
    """The entry's name, which the schema requires and the webhook does not."""
    entry.boolean("required")
    if entry.get("name") is None and isinstance(entry.node.value, dict):
        entry.problem(entry.node, f"Required value: {entry.paths('name')}")
    return entry.text("name") or ""


def _check_reference(spec: Fields) -> None:
    """Knative gives the reference a namespace and does not look whether it is whole."""
    reference = spec.object("reference", (*REFERENCE, "address"))
    if reference is not None:
        for name in (*REFERENCE, "address"):
            reference.text(name)
