"""Knative's Destination: whom to call. Rules: knative.dev/pkg/apis/duck/v1/{destination,knative_reference}.go."""

from mesh.manifests.certificates import certificate_problem
from mesh.manifests.fields import Fields, Findings
from mesh.manifests.model import Destination, Reference
from mesh.manifests.urls import Url, parse_url
from mesh.manifests.yaml_nodes import Node

DESTINATION = ("ref", "uri", "CACerts", "audience")
REFERENCE = ("apiVersion", "kind", "name", "namespace", "group")


def read_destination(node: Node, findings: Findings, namespace: str) -> Destination:
    """Read a destination inside an object of that namespace, which is its reference's own by default."""
    fields = Fields(node, findings, DESTINATION)
    ref = fields.object("ref", REFERENCE)
    uri = fields.text("uri")
    url = None if uri is None else _url(fields, uri)
    _check_presence(fields, ref, url)
    _warn_of_audience(fields)
    return Destination(
        ref=None if ref is None else read_reference(ref, namespace, required=fields.get("uri") is None),
        uri=uri,
        origin=node.origin,
    )


def required_destination(parent: Fields, name: str, namespace: str) -> Destination:
    """Read a destination that must be there."""
    node = parent.get(name)
    if node is not None:
        return read_destination(node, parent.findings, namespace)
    if isinstance(parent.node.value, dict):
        parent.problem(parent.node, f"expected at least one, got none: {parent.paths(f'{name}.ref', f'{name}.uri')}")
    return Destination()


def read_reference(fields: Fields, namespace: str, *, required: bool) -> Reference:
    """Read an object reference; with a URI beside it, Knative does not look whether it is whole."""
    names = ("name", "apiVersion", "kind")
    texts = fields.required_texts(*names) if required else tuple(fields.text(name) or "" for name in names)
    if fields.text("group"):
        remedy = "write apiVersion; the feature kreference-group is off by default"
        fields.problem(fields.node.value["group"], f"must not set the field(s): {fields.paths('group')} ({remedy})")
    name, api_version, kind = texts
    return Reference(api_version, kind, name, fields.text("namespace") or namespace)


def _url(fields: Fields, text: str) -> Url | None:
    try:
        return parse_url(text)
    except ValueError as error:
        fields.wrong(fields.node.value["uri"], f"a URI: {error}")
        return None


def _check_presence(fields: Fields, ref: Fields | None, url: Url | None) -> None:
    if ref is None and url is None:
        _check_absent(fields)
    elif ref is not None and url is not None and url.scheme:
        message = "Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present"
        paths = fields.paths("[apiVersion, kind, name]", "ref", "uri")
        fields.problem(fields.node, f"{message}: {paths} (keep one of the two, or make the uri relative)")
    elif ref is None and url is not None and not (url.scheme and url.host):
        message = "invalid value: Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent"
        fields.problem(fields.node, f"{message}: {fields.paths('uri')} (write http://HOST/PATH, or add a ref)")
    elif url is not None:
        _check_certificates(fields)


def _check_absent(fields: Fields) -> None:
    if isinstance(fields.node.value, dict) and fields.get("ref") is None and fields.get("uri") is None:
        fields.problem(fields.node, f"expected at least one, got none: {fields.paths('ref', 'uri')}")


def _check_certificates(fields: Fields) -> None:
    """Knative looks at CACerts beside a uri only, and calls them caCert."""
    pem = fields.text("CACerts")
    problem = None if pem is None else certificate_problem(pem)
    if problem:
        node = fields.node.value["CACerts"]
        fields.problem(node, f"invalid value: {problem}: {fields.paths('caCert')} (write a certificate in PEM)")


def _warn_of_audience(fields: Fields) -> None:
    if fields.text("audience"):
        node = fields.node.value["audience"]
        fields.findings.warning(node, f"{node.path} is not enforced here: the mesh sends and asks for no OIDC tokens")
