"""A PingSource. Rules: knative/eventing pkg/apis/sources/v1/ping_validation.go; v1beta2 has the same."""

import base64

from mesh.manifests.destination import required_destination
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.go_data import base64_problem, parse_object
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import PingSource
from mesh.manifests.overrides import read_extensions
from mesh.manifests.schedule import BadLocation, check_schedule
from mesh.manifests.yaml_nodes import Node

SPEC = ("schedule", "timezone", "contentType", "data", "dataBase64", "sink", "ceOverrides")
EVERY_MINUTE = "* * * * *"
JSON = "application/json"


def read_ping_source(document: Node, metadata: Metadata, findings: Findings) -> PingSource:
    """Read a PingSource."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", SPEC) or Fields(Node({}, "spec", document.origin), findings, ())
    schedule, timezone = _schedule(spec)
    content_type = spec.text("contentType") or ""
    return PingSource(
        namespace=metadata.namespace,
        name=metadata.name,
        schedule=schedule,
        timezone=timezone,
        content_type=content_type,
        data=_data(spec, content_type),
        sink=required_destination(spec, "sink", metadata.namespace),
        extensions=read_extensions(spec),
        origin=metadata.origin,
    )


def _schedule(spec: Fields) -> tuple[str, str]:
    schedule = spec.text("schedule") or EVERY_MINUTE
    timezone = spec.text("timezone") or ""
    for error in check_schedule(schedule, timezone):
        name = "timezone" if isinstance(error, BadLocation) and timezone else "schedule"
        remedy = "such as Europe/Berlin" if isinstance(error, BadLocation) else f"five fields, such as {EVERY_MINUTE}"
        path = "timezone" if isinstance(error, BadLocation) else "schedule"
        node = spec.get(name) or spec.node
        spec.problem(node, f"invalid value: {error}: {spec.paths(path)} ({remedy})")
    return schedule, timezone


def _data(spec: Fields, content_type: str) -> bytes:
    data, encoded = spec.text("data") or "", spec.text("dataBase64") or ""
    if data and encoded:
        spec.problem(spec.node.value["data"], f"expected exactly one, got both: {spec.paths('data', 'dataBase64')}")
        return b""
    if not encoded:
        _check_json(spec, "data", data, content_type)
        return data.encode()
    problem = base64_problem(encoded)
    if problem:
        _refuse(spec, "dataBase64", problem, "standard base64, with its padding")
        return b""
    decoded = base64.b64decode(encoded)
    _check_json(spec, "dataBase64", decoded.decode("utf-8", "replace"), content_type)
    return decoded


def _check_json(spec: Fields, name: str, text: str, content_type: str) -> None:
    if content_type != JSON or not text:
        return
    try:
        parse_object(text)
    except ValueError as error:
        _refuse(spec, name, str(error), f"contentType {JSON} needs a JSON object")


def _refuse(spec: Fields, name: str, problem: str, remedy: str) -> None:
    spec.problem(spec.node.value[name], f"invalid value: {problem}: {spec.paths(name)} ({remedy})")
