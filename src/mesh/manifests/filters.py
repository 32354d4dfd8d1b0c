"""A Trigger's `filter` and `filters` as a tree. Rules: knative/eventing pkg/apis/eventing/v1/trigger_validation.go."""

import re
from collections.abc import Mapping

from mesh.cesql.expression import compile_expression
from mesh.cesql.values import ParseError, Type
from mesh.manifests.fields import Fields, Findings, string_map, values, wrong
from mesh.manifests.model import All, Any, Cesql, Exact, Filter, Legacy, Not, Nothing, Prefix, Suffix
from mesh.manifests.yaml_nodes import Node

DIALECTS = ("exact", "prefix", "suffix", "all", "any", "not", "cesql")
ATTRIBUTE = re.compile(r"[a-z][a-z0-9]*")
ATTRIBUTE_RULE = "Attribute name must start with a letter and can only contain lowercase alphanumeric"
YIELDS: Mapping[Type | None, str] = {
    str: "the expression yields a string",
    int: "the expression yields an integer",
    None: "the expression yields an attribute's value",
}
NO_BOOLEAN = (
    "class Kafka casts it; on the cluster class MTChannelBasedBroker panics, here it lets no such event pass: "
    "compare it with something"
)


def read_filters(spec: Fields) -> tuple[Filter, ...]:
    """Read a Trigger's filters; a `filters` list that is not empty overrides `filter`."""
    filters = tuple(_read_filter(item, spec.findings) for item in spec.items("filters"))
    legacy = _legacy(spec)
    return filters or legacy


def _legacy(spec: Fields) -> tuple[Filter, ...]:
    fields = spec.object("filter", ("attributes",))
    attributes = fields and fields.get("attributes")
    if not attributes:
        return ()
    return (Legacy(_attributes(attributes, spec.findings)),)


def _read_filter(node: Node, findings: Findings) -> Filter:
    fields = Fields(node, findings, DIALECTS)
    said = [name for name in DIALECTS if _says_something(name, fields.get(name))]
    if len(said) > 1:
        message = "multiple dialects found, filters can have only one dialect set"
        fields.problem(node, f"{message}: {fields.paths(*said)} (make each an entry of its own under all or any)")
    read = [_read_dialect(name, fields.node.value[name], findings) for name in DIALECTS if fields.get(name)]
    return next((entry for entry in read if not isinstance(entry, Nothing)), Nothing())


def _says_something(dialect: str, node: Node | None) -> bool:
    """An empty map, list or expression counts as absent; `not: {}` does not."""
    return node is not None and node.value is not None and (dialect == "not" or bool(node.value))


def _read_dialect(dialect: str, node: Node, findings: Findings) -> Filter:  # noqa: PLR0911 - one for each dialect
    if node.value is None:
        return Nothing()
    match dialect:
        case "exact":
            return _or_nothing(Exact(_attributes(node, findings)))
        case "prefix":
            return _or_nothing(Prefix(_attributes(node, findings)))
        case "suffix":
            return _or_nothing(Suffix(_attributes(node, findings)))
        case "all":
            return _or_nothing(All(_nested(node, findings)))
        case "any":
            return _or_nothing(Any(_nested(node, findings)))
        case "not":
            return Not(_read_filter(node, findings))
        case _:
            return _read_cesql(node, findings)


def _or_nothing(entry: Exact | Prefix | Suffix | All | Any) -> Filter:
    says = entry.filters if isinstance(entry, All | Any) else entry.attributes
    return entry if says else Nothing()


def _nested(node: Node, findings: Findings) -> tuple[Filter, ...]:
    if not isinstance(node.value, tuple):
        findings.problem(node, wrong(node, "a list of filters"))
        return ()
    return tuple(_read_filter(item, findings) for item in node.value)


def _attributes(node: Node, findings: Findings) -> Mapping[str, str]:
    attributes = string_map(node, findings)
    for name, entry in attributes.items():
        if not ATTRIBUTE.fullmatch(name):
            findings.problem(entry, f'invalid key name "{name}": {node.path}[{name}] ({ATTRIBUTE_RULE})')
    return values(attributes)


def _read_cesql(node: Node, findings: Findings) -> Filter:
    if not isinstance(node.value, str):
        findings.problem(node, wrong(node, "a string: put it in quotes" if node.text else "a string"))
    elif node.value:
        return _compilable(node, findings)
    return Nothing()


def _compilable(node: Node, findings: Findings) -> Filter:
    try:
        returns = compile_expression(node.value).returns
    except ParseError as error:
        findings.problem(node, wrong(node, str(error)))
        return Nothing()
    if returns is not bool:
        findings.warning(node, f"{YIELDS[returns]}, not a boolean: {node.path} ({NO_BOOLEAN})")
    return Cesql(node.value)
