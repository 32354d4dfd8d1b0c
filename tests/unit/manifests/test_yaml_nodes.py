"""YAML text: what its values are, where they stand, and every way in which it is not well formed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.manifests.yaml_nodes import Node, read_documents


def plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {name: plain(entry) for name, entry in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    return node.value


def value(text: str) -> object:
    documents, problems = read_documents(text, "a.yaml")
    assert problems == []
    return plain(documents[0])


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read_documents(text, "a.yaml")[1]]


SCALARS = {
    "text": "text",
    "'5'": "5",
    '"true"': "true",
    "5": 5,
    "-5": -5,
    "1_000": 1000,
    "0x1F": 31,
    "0o17": 15,
    "017": 15,
    "0b101": 5,
    "0": 0,
    "0.80": 0.8,
    "1e3": 1000.0,
    "-.inf": -math.inf,
    "true": True,
    "Yes": True,
    "off": False,
    "~": None,
    "null": None,
    "2026-01-31": "2026-01-31",
    "2026-01-31T12:00:00Z": "2026-01-31T12:00:00Z",
    "1:30": "1:30",
    "PT0.2S": "PT0.2S",
    "!!str 5": "5",
    "!!int '5'": 5,
    "09": 9.0,
}


@pytest.mark.parametrize(("text", "expected"), SCALARS.items())
def test_a_scalar_is_what_kubectl_reads(text: str, expected: object) -> None:
    assert value(f"key: {text}\n") == {"key": expected}


def test_a_scalar_keeps_its_text() -> None:
    (document,), _ = read_documents("amount: 0.80\n", "a.yaml")
    assert document.value["amount"].text == "0.80"


def test_every_node_knows_its_path_and_line() -> None:
    text = "# remark\nspec:\n  filters:\n  - exact: {type: a}\n  - not:\n      any: []\nmetadata:\n  a.b/c: x\n"
    (document,), _ = read_documents(text, "a.yaml")
    exact = document.value["spec"].value["filters"].value[0].value["exact"]
    assert (exact.path, str(exact.origin)) == ("spec.filters[0].exact", "a.yaml:4")
    negated = document.value["spec"].value["filters"].value[1].value["not"].value["any"]
    assert (negated.path, str(negated.origin)) == ("spec.filters[1].not.any", "a.yaml:6")
    annotation = document.value["metadata"].value["a.b/c"]
    assert (annotation.path, str(annotation.origin)) == ("metadata[a.b/c]", "a.yaml:8")


def test_documents_are_apart_and_empty_ones_are_nothing() -> None:
    documents, found = read_documents("---\na: 1\n---\n# nothing\n---\n---\nb: 2\n", "a.yaml")
    assert found == []
    assert [plain(document) for document in documents] == [{"a": 1}, {"b": 2}]
    assert [document.origin.line for document in documents] == [2, 7]


def test_an_empty_file_has_no_documents() -> None:
    assert read_documents("", "a.yaml") == ([], [])
    assert read_documents("# only a remark\n", "a.yaml") == ([], [])


def test_anchors_and_merges_are_written_out() -> None:
    text = "base: &base {a: 1, b: 2}\nfull:\n  <<: *base\n  b: 3\nmany:\n  <<: [{a: 9}, *base]\n"
    assert value(text) == {"base": {"a": 1, "b": 2}, "full": {"a": 1, "b": 3}, "many": {"a": 9, "b": 2}}


def test_keys_are_text() -> None:
    assert value("1: a\ntrue: b\n") == {"1": "a", "true": "b"}


BROKEN = {
    "a key twice": ("a: 1\nb:\n  c: 1\n  c: 2\n", 'a.yaml:4: key "c" already set in map: b.c (first at line 3)'),
    "a colon too many": ("a: b: c\n", "a.yaml:1: yaml: mapping values are not allowed here"),
    "a bracket left open": (
        "a: [1, 2\nb: 3\n",
        "a.yaml:2: yaml: expected ',' or ']', but got ':' (while parsing a flow sequence that begins at line 1)",
    ),
    "a tab for indentation": (
        "a:\n\tb: 1\n",
        "a.yaml:2: yaml: found character '\\t' that cannot start any token",
    ),
    "an alias of nothing": ("a: *b\n", "a.yaml:1: yaml: found undefined alias 'b'"),
    "a foreign tag": (
        "a: !!python/object:os.system x\n",
        "a.yaml:1: yaml: unknown tag tag:yaml.org,2002:python/object:os.system: a (write a plain value)",
    ),
    "a tag that does not fit": ("a: !!int x\n", "a.yaml:1: invalid value: x: a (not tag:yaml.org,2002:int)"),
    "a key that is a list": ("? [a]\n: 1\n", "a.yaml:1: yaml: invalid map key:  (keys are text)"),
    "a merge of text": (
        "a:\n  <<: text\n",
        "a.yaml:2: yaml: map merge requires map or sequence of maps as the value",
    ),
    "a control character": ("a: 1\nb: \x01\n", "a.yaml:2: yaml: control characters are not allowed"),
    "a value that contains itself": ("a: &a\n  b: *a\n", "a.yaml:1: yaml: exceeded max depth (nest less deeply)"),
    "brackets without end": ("[" * 5000, "a.yaml:1: yaml: exceeded max depth (nest less deeply)"),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_yaml_is_refused_for(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_what_stands_before_a_syntax_error_is_read() -> None:
    documents, found = read_documents("a: 1\n---\nb: [\n", "a.yaml")
    assert [plain(document) for document in documents] == [{"a": 1}]
    assert len(found) == 1


def test_aliases_that_grow_without_bound_are_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    (problem,) = problems(text)
    assert "yaml: document contains excessive aliasing (write it out, or split the file)" in problem


@given(st.text())
def test_any_text_is_documents_or_problems(text: str) -> None:
    documents, found = read_documents(text, "a.yaml")
    assert all(document.origin.line >= 1 for document in documents)
    assert all(problem.message for problem in found)
