"""The manifest folders' documents as objects of a kind, before anything in them is judged."""

from collections.abc import Iterable
from dataclasses import dataclass

from mesh.manifests import kinds
from mesh.manifests.fields import Findings, wrong
from mesh.manifests.metadata import Metadata, read_metadata
from mesh.manifests.problem import Origin
from mesh.manifests.yaml_nodes import Node

Kind = tuple[str, str]  # apiVersion, kind


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a kind that there is."""

    kind: Kind
    metadata: Metadata
    document: Node

    @property
    def version(self) -> str:
        """`v1` of `eventing.knative.dev/v1`."""
        return self.kind[0].rpartition("/")[2]

    def __str__(self) -> str:
        written = self.document.value.get("metadata")
        namespaced = written is not None and isinstance(written.value, dict) and "namespace" in written.value
        return f"{self.kind[1]} {self.metadata.key if namespaced else self.metadata.name}"


def identify(documents: Iterable[Node], findings: Findings) -> list[Object]:
    """Tell what each document is; a problem where it is nothing known, and where it is there twice."""
    first: dict[tuple[str, ...], Origin] = {}
    objects = [found for document in documents if (found := _identify(document, findings))]
    for found in objects:
        identity = (found.kind[0].partition("/")[0], found.kind[1], found.metadata.namespace, found.metadata.name)
        origin = first.setdefault(identity, found.document.origin)
        if origin is not found.document.origin:
            findings.problem(found.document, f"{found} already exists: metadata.name (first at {origin})")
    return objects


def _identify(document: Node, findings: Findings) -> Object | None:
    kind = _kind(document, findings)
    if kind is None:
        return None
    # What only the cluster reads, the cluster judges: names of some kinds follow other rules.
    judged = findings if kind in kinds.READ else Findings()
    return Object(kind, read_metadata(document, judged), document)


def _kind(document: Node, findings: Findings) -> Kind | None:
    if not isinstance(document.value, dict):
        findings.problem(document, "not a Kubernetes object (start with apiVersion and kind)")
        return None
    texts = [_text(document, name, findings) for name in ("apiVersion", "kind")]
    if not all(texts):
        return None
    api_version, kind = texts
    unknown = kinds.unknown_kind(api_version, kind)
    if unknown:
        findings.problem(document, unknown)
        return None
    return api_version, kind


def _text(document: Node, name: str, findings: Findings) -> str:
    node = document.value.get(name)
    if node is None or node.value is None or node.value == "":
        findings.problem(document, f"missing field(s): {name}")
        return ""
    if isinstance(node.value, str):
        return node.value
    findings.problem(node, wrong(node, "a string"))
    return ""
