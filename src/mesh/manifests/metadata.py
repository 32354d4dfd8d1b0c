"""What every Kubernetes object starts with: apiVersion, kind, metadata."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mesh.manifests.fields import Fields, Findings
from mesh.manifests.problem import Origin
from mesh.manifests.yaml_nodes import Node

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

OBJECT = ("apiVersion", "kind", "metadata", "spec", "status")
METADATA = (
    "name",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
)

LABEL_RULE = "lower case alphanumeric characters or '-', starting and ending with an alphanumeric character"
SUBDOMAIN_RULE = "lower case alphanumeric characters, '-' or '.', starting and ending with an alphanumeric character"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who an object is; `name` is empty when it has none that is valid."""

    namespace: str
    name: str
    annotations: Mapping[str, Node]
    origin: Origin

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


def read_metadata(document: Node, findings: Findings) -> Metadata:
    """Read `metadata` of an object; an absent namespace is `default`, as for kubectl."""
    node = document.value.get("metadata")
    if node is None or node.value is None:
        findings.problem(document, "missing field(s): metadata.name")
        return Metadata("default", "", {}, document.origin)
    fields = Fields(node, findings, METADATA)
    fields.strings("labels")
    return Metadata(
        namespace=_named(fields, "namespace", LABEL, LABEL_RULE) or "default",
        name=_name(fields),
        annotations=fields.strings("annotations"),
        origin=document.origin,
    )


def _name(fields: Fields) -> str:
    if isinstance(fields.node.value, Mapping) and not fields.required_text("name"):
        return ""
    return _named(fields, "name", SUBDOMAIN, SUBDOMAIN_RULE)


def _named(fields: Fields, field: str, allowed: re.Pattern[str], rule: str) -> str:
    node = fields.get(field)
    if node is None or not isinstance(node.value, str) or not node.value:
        return ""
    if allowed.fullmatch(node.value):
        return node.value
    fields.wrong(node, rule)
    return ""
