"""An EventPolicy. Rules: knative/eventing pkg/apis/eventing/v1alpha1/eventpolicy_validation.go."""

from mesh.manifests.fields import Fields, Findings
from mesh.manifests.filters import read_filters
from mesh.manifests.metadata import OBJECT, Metadata
from mesh.manifests.selectors import SELECTOR, read_selector
from mesh.manifests.yaml_nodes import Node

TO_REFERENCE = ("apiVersion", "kind", "name")
FROM_REFERENCE = (*TO_REFERENCE, "namespace")


def check_event_policy(document: Node, metadata: Metadata, findings: Findings) -> None:
    """Find what a cluster with authentication would refuse, and warn that the mesh has none."""
    fields = Fields(document, findings, OBJECT)
    spec = fields.object("spec", ("to", "from", "filters"))
    if spec is not None:
        for item in spec.items("from"):
            _check_sender(Fields(item, findings, ("ref", "sub")))
        for item in spec.items("to"):
            _check_target(Fields(item, findings, ("ref", "selector")))
        read_filters(spec)
    let_in = "every sender is let in, as on a cluster without the feature authentication-oidc"
    findings.warning(document, f"EventPolicy {metadata.key} is not enforced here: {let_in}")


def _check_sender(sender: Fields) -> None:
    reference, sub = sender.object("ref", FROM_REFERENCE), sender.text("sub")
    if reference is None and not sub:
        _exactly_one(sender, "got neither", "ref", "sub")
    if reference is not None and sub is not None:
        _exactly_one(sender, "got both", "ref", "sub")
    if reference is not None:
        reference.required_texts(*TO_REFERENCE)
        reference.text("namespace")
    if sub and "*" in sub[:-1]:
        sender.wrong(sender.node.value["sub"], "'*' is only allowed as suffix")


def _check_target(target: Fields) -> None:
    reference = target.object("ref", TO_REFERENCE)
    selector = target.object("selector", (*SELECTOR, "apiVersion", "kind"))
    if (reference is None) == (selector is None):
        _exactly_one(target, "got neither" if reference is None else "got both", "ref", "selector")
    if reference is not None:
        reference.required_texts(*TO_REFERENCE)
    if selector is not None:
        read_selector(selector)


def _exactly_one(fields: Fields, got: str, *names: str) -> None:
    if isinstance(fields.node.value, dict):
        fields.problem(fields.node, f"expected exactly one, {got}: {fields.paths(*names)}")
