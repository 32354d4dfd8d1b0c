"""Knative's Destination: whom to call. Rules: knative.dev/pkg/apis/duck/v1/{destination,knative_reference}.go."""

import ssl
from urllib.parse import SplitResult, urlsplit

from mesh.manifests.fields import Fields, Findings
from mesh.manifests.model import Destination, Reference
from mesh.manifests.yaml_nodes import Node

DESTINATION = ("ref", "uri", "CACerts", "audience")
REFERENCE = ("apiVersion", "kind", "name", "namespace")


def read_destination(node: Node, findings: Findings, namespace: str) -> Destination:
    """Read a destination inside an object of that namespace, which is its reference's own by default."""
    fields = Fields(node, findings, DESTINATION)
    ref = fields.object("ref", REFERENCE)
    uri = _uri(fields)
    fields.text("audience")
    _check_presence(fields, ref, uri)
    return Destination(
        ref=None if ref is None else read_reference(ref, namespace, required=uri is None),
        uri=None if uri is None else uri.geturl(),
        origin=node.origin,
    )


def read_reference(fields: Fields, namespace: str, *, required: bool) -> Reference:
    """Read an object reference; with a URI beside it, Knative does not look whether it is whole."""
    read = fields.required_text if required else fields.text
    name, api_version, kind = read("name"), read("apiVersion"), read("kind")
    return Reference(
        api_version=api_version or "",
        kind=kind or "",
        name=name or "",
        namespace=fields.text("namespace") or namespace,
    )


def _uri(fields: Fields) -> SplitResult | None:
    text = fields.text("uri")
    if text is None:
        return None
    try:
        return urlsplit(text)
    except ValueError as error:
        fields.wrong(fields.node.value["uri"], f"a URI: {error}")
        return None


def _check_presence(fields: Fields, ref: Fields | None, uri: SplitResult | None) -> None:
    if ref is None and uri is None:
        _check_absent(fields)
    elif ref is not None and uri is not None and uri.scheme:
        message = "Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present"
        paths = fields.paths("[apiVersion, kind, name]", "ref", "uri")
        fields.problem(fields.node, f"{message}: {paths} (keep one of the two, or make the uri relative)")
    elif ref is None and uri is not None and not (uri.scheme and uri.netloc):
        message = "invalid value: Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent"
        fields.problem(fields.node, f"{message}: {fields.paths('uri')} (write http://HOST/PATH, or add a ref)")
    elif uri is not None:
        _check_certificates(fields)


def _check_absent(fields: Fields) -> None:
    written = fields.node.value
    if isinstance(written, dict) and not {"ref", "uri"} & written.keys():
        fields.problem(fields.node, f"expected at least one, got none: {fields.paths('ref', 'uri')}")


def _check_certificates(fields: Fields) -> None:
    pem = fields.text("CACerts")
    if pem is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        node = fields.node.value["CACerts"]
        fields.problem(node, f"invalid value: CA Cert provided is invalid: {node.path} (certificates in PEM)")
