"""A SinkBinding. Rules: knative/eventing pkg/apis/sources/v1/sinkbinding_validation.go, knative.dev/pkg/tracker."""

import re
from collections.abc import Mapping

from mesh.manifests.destination import read_destination
from mesh.manifests.fields import Fields, Findings, values
from mesh.manifests.metadata import LABEL, LABEL_RULE, OBJECT, Metadata
from mesh.manifests.model import Destination, Function, Reference, SinkBinding
from mesh.manifests.yaml_nodes import Node

SUBJECT = ("apiVersion", "kind", "namespace", "name", "selector")
EXTENSION = re.compile(r"[A-Za-z0-9]+")


def read_sink_binding(document: Node, metadata: Metadata, findings: Findings) -> SinkBinding:
    """Read a SinkBinding."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", ("subject", "sink", "ceOverrides")) or Fields(
        Node({}, "spec", document.origin), findings, ()
    )
    subject = spec.object("subject", SUBJECT) or Fields(Node({}, "spec.subject", spec.node.origin), findings, ())
    return SinkBinding(
        namespace=metadata.namespace,
        name=metadata.name,
        sink=_sink(spec, metadata.namespace),
        subject=_subject(subject, metadata.namespace),
        selector=_selector(subject),
        extensions=_extensions(spec),
        origin=metadata.origin,
    )


def binds(binding: SinkBinding, function: Function) -> bool:
    """Tell whether the binding's subject is that function."""
    if binding.namespace != function.namespace:
        return False
    if binding.subject.name:
        return binding.subject.name == function.name
    return bool(binding.selector.items() <= function.labels.items())


def _sink(spec: Fields, namespace: str) -> Destination:
    node = spec.get("sink")
    if node is not None:
        return read_destination(node, spec.findings, namespace)
    spec.problem(spec.node, f"expected at least one, got none: {spec.paths('sink.ref', 'sink.uri')}")
    return Destination()


def _subject(subject: Fields, namespace: str) -> Reference:
    api_version, kind = subject.required_text("apiVersion"), subject.required_text("kind")
    name = subject.text("name") or ""
    selector = subject.get("selector")
    if name and selector is not None:
        subject.problem(subject.node, f"expected exactly one, got both: {subject.paths('selector', 'name')}")
    elif not name and selector is None:
        subject.problem(subject.node, f"expected exactly one, got neither: {subject.paths('selector', 'name')}")
    elif name and not LABEL.fullmatch(name):
        subject.wrong(subject.node.value["name"], LABEL_RULE)
        name = ""
    return Reference(api_version, kind, name, _namespace(subject, namespace))


def _namespace(subject: Fields, namespace: str) -> str:
    written = subject.text("namespace") or namespace
    if written != namespace:
        subject.wrong(subject.node.value["namespace"], f"the SinkBinding's own namespace, {namespace}")
    return written


def _selector(subject: Fields) -> Mapping[str, str]:
    selector = subject.object("selector", ("matchLabels", "matchExpressions"))
    if selector is None:
        return {}
    expressions = selector.get("matchExpressions")
    if expressions is not None:
        subject.problem(expressions, f"not run by this mesh yet: {expressions.path} (write matchLabels)")
    return values(selector.strings("matchLabels"))


def _extensions(spec: Fields) -> Mapping[str, str]:
    overrides = spec.object("ceOverrides", ("extensions",))
    if overrides is None:
        return {}
    extensions = overrides.strings("extensions")
    for name, node in extensions.items():
        if not EXTENSION.fullmatch(name):
            rule = "keys are expected to be alphanumeric"
            spec.problem(node, f'invalid key name "{name}": spec.ceOverrides.extensions[{name}] ({rule})')
    return values(extensions)
