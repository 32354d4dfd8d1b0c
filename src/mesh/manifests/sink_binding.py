"""A SinkBinding. Rules: knative/eventing pkg/apis/sources/v1/sinkbinding_validation.go, knative.dev/pkg/tracker."""

from collections.abc import Callable, Mapping

from mesh.manifests.destination import required_destination
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.model import Function, Reference, Requirement, SinkBinding
from mesh.manifests.names import identifier_problems, key_problems, label_problems
from mesh.manifests.overrides import read_extensions
from mesh.manifests.selectors import SELECTOR, matches, read_selector, selector_problems
from mesh.manifests.yaml_nodes import Node

SUBJECT = ("apiVersion", "kind", "namespace", "name", "selector")


def read_sink_binding(document: Node, metadata: Metadata, findings: Findings) -> SinkBinding:
    """Read a SinkBinding."""
    spec = _spec(document, findings)
    subject = spec.object("subject", SUBJECT) or Fields(Node({}, "spec.subject", spec.node.origin), findings, ())
    labels, expressions = _selector(subject)
    return SinkBinding(
        namespace=metadata.namespace,
        name=metadata.name,
        sink=required_destination(spec, "sink", metadata.namespace),
        subject=_subject(subject, metadata.namespace),
        selector=labels,
        extensions=read_extensions(spec),
        origin=metadata.origin,
        expressions=expressions,
    )


def binds(binding: SinkBinding, function: Function) -> bool:
    """Tell whether the binding's subject is that function."""
    if binding.subject.kind != "Service" or binding.subject.namespace != function.namespace:
        return False
    if binding.subject.name:
        return binding.subject.name == function.name
    return matches(binding.selector, binding.expressions, function.labels)


def _spec(document: Node, findings: Findings) -> Fields:
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", ("subject", "sink", "ceOverrides"))
    return spec or Fields(Node({}, "spec", document.origin), findings, ())


def _subject(subject: Fields, namespace: str) -> Reference:
    api_version, kind = subject.required_texts("apiVersion", "kind")
    name = subject.text("name") or ""
    _check_name(subject, "apiVersion", api_version, key_problems)
    _check_name(subject, "kind", kind, identifier_problems)
    if not isinstance(subject.node.value, dict):
        return Reference(api_version, kind, name, namespace)
    selects = subject.get("selector") is not None
    if bool(name) == selects:
        got = "got both" if name else "got neither"
        subject.problem(subject.node, f"expected exactly one, {got}: {subject.paths('name', 'selector')}")
    elif name and not _check_name(subject, "name", name, label_problems):
        name = ""
    return Reference(api_version, kind, name, _namespace(subject, namespace))


def _check_name(subject: Fields, field: str, text: str, rule: Callable[[str], list[str]]) -> bool:
    problems = rule(text) if text else []
    if problems:
        node = subject.node.value[field]
        subject.problem(node, f"invalid value: {', '.join(problems)}: {node.path} (not {text})")
    return not problems


def _namespace(subject: Fields, namespace: str) -> str:
    written = subject.text("namespace") or namespace
    if written == namespace:
        return namespace
    _check_name(subject, "namespace", written, label_problems)
    subject.wrong(subject.node.value["namespace"], f"the SinkBinding's own namespace, {namespace}")
    return namespace


def _selector(subject: Fields) -> tuple[Mapping[str, str], tuple[Requirement, ...]]:
    selector = subject.object("selector", SELECTOR)
    if selector is None:
        return {}, ()
    labels, expressions = read_selector(selector)
    if not subject.get("name"):
        for problem in selector_problems(labels, expressions):
            selector.problem(selector.node, f"invalid value: {problem}: {selector.node.path}")
    return labels, expressions
