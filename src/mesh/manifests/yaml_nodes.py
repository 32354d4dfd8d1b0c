"""YAML text as plain values that remember where they stand; what is wrong with the text is a Problem."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mesh.manifests.problem import Origin, Problem

MAX_NODES = 50_000  # far above any manifest; aliases can make a small file larger than memory

NULL, BOOL, INT, FLOAT, STR, MERGE = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "merge")
)
PLAIN_KEY = re.compile(r"[A-Za-z_][-\w]*")


@dataclass(frozen=True, slots=True)
class Node:
    """A value, its path (`spec.filters[0].exact`) and the line of its key, or of itself where it has none.

    The value is a str, int, float, bool or None, a tuple of nodes, or a mapping of text to nodes; `text` is a scalar
    as written: `0.80` where the value is 0.8.
    """

    value: Any
    path: str
    origin: Origin
    text: str = ""

    def problem(self, message: str) -> Problem:
        return Problem(self.origin, message)


def read_documents(text: str, file: str) -> tuple[list[Node], list[Problem]]:
    """Return the file's non-empty documents and everything wrong with it; what stands before a syntax error is read."""
    reader = _Reader(file)
    try:
        for root in _compose(text):
            reader.read(root)
    except _Refused as refused:
        reader.problems.append(refused.problem)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reader.problems.append(Problem(Origin(file, line), f"yaml: {error.problem or error.context}{_begun(error)}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reader.problems.append(Problem(Origin(file, line), "yaml: control characters are not allowed"))
    except RecursionError:
        reader.problems.append(Problem(Origin(file, 1), "yaml: exceeded max depth (nest less deeply)"))
    return reader.documents, reader.problems


def _begun(error: yaml.MarkedYAMLError) -> str:
    if not error.context or not error.context_mark:
        return ""
    return f" ({error.context} that begins at line {error.context_mark.line + 1})"


class _Loader(yaml.BaseLoader):
    """Resolves plain scalars as kubectl's parser (go-yaml v2) does: no dates, no base 60."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - how PyYAML wants it
        None: [
            (NULL, re.compile(r"(?:~|null|Null|NULL|)$")),
            (BOOL, re.compile(r"(?:true|True|TRUE|yes|Yes|YES|on|On|ON|false|False|FALSE|no|No|NO|off|Off|OFF)$")),
            (INT, re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0o?[0-7_]+|0b[01_]+|0x[0-9a-fA-F_]+)$")),
            (
                FLOAT,
                re.compile(
                    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
                ),
            ),
            (MERGE, re.compile(r"<<$")),
        ]
    }


def _compose(text: str) -> Iterator[yaml.Node]:
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                yield node
    finally:
        loader.dispose()


class _Refused(Exception):  # noqa: N818 - it carries the sentence
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    def __init__(self, file: str) -> None:
        self.documents: list[Node] = []
        self.problems: list[Problem] = []
        self._file = file
        self._nodes = 0

    def read(self, root: yaml.Node) -> None:
        document = self.node(root, "", root.start_mark.line + 1)
        if document.value is not None:
            self.documents.append(document)

    def node(self, node: yaml.Node, path: str, line: int) -> Node:
        self._nodes += 1
        origin = Origin(self._file, line)
        if self._nodes > MAX_NODES:
            raise _Refused(
                Problem(origin, "yaml: document contains excessive aliasing (write it out, or split the file)")
            )
        if isinstance(node, yaml.MappingNode):
            return Node(self._mapping(node, path), path, origin)
        if isinstance(node, yaml.SequenceNode):
            items = (self.node(item, f"{path}[{i}]", item.start_mark.line + 1) for i, item in enumerate(node.value))
            return Node(tuple(items), path, origin)
        return Node(self._scalar(node, path, origin), path, origin, node.value)

    def _scalar(self, node: yaml.Node, path: str, origin: Origin) -> object:
        try:
            return _scalar(node.tag, node.value)
        except ValueError:
            self.problems.append(Problem(origin, f"invalid value: {node.value}: {path} (not {node.tag})"))
        except KeyError:
            self.problems.append(Problem(origin, f"yaml: unknown tag {node.tag}: {path} (write a plain value)"))
        return None

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        entries: dict[str, Node] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == MERGE:
                merged |= self._merged(value, path, line)
            elif not isinstance(key, yaml.ScalarNode):
                self.problems.append(
                    Problem(Origin(self._file, line), f"yaml: invalid map key: {path} (keys are text)")
                )
            elif key.value in entries:
                self.problems.append(self._repeated(key, entries[key.value]))
            else:
                entries[key.value] = self.node(value, _join(path, key.value), line)
        return merged | entries

    def _merged(self, value: yaml.Node, path: str, line: int) -> dict[str, Node]:
        sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
        merged: dict[str, Node] = {}
        for source in reversed(sources):
            if isinstance(source, yaml.MappingNode):
                merged |= self.node(source, path, line).value
            else:
                self.problems.append(
                    Problem(Origin(self._file, line), "yaml: map merge requires map or sequence of maps as the value")
                )
        return merged

    def _repeated(self, key: yaml.ScalarNode, first: Node) -> Problem:
        message = f'key "{key.value}" already set in map: {first.path} (first at line {first.origin.line})'
        return Problem(Origin(self._file, key.start_mark.line + 1), message)


def _join(path: str, key: str) -> str:
    if not PLAIN_KEY.fullmatch(key):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def _scalar(tag: str, text: str) -> object:
    converters: Mapping[str, Callable[[str], object]] = {
        NULL: lambda _text: None,
        BOOL: lambda text: text.lower() in {"true", "yes", "on"},
        INT: _integer,
        FLOAT: _float,
        STR: str,
    }
    return converters[tag](text)


def _integer(text: str) -> int:
    return int(re.sub(r"^([-+]?)0o?(?=[0-7_])", r"\g<1>0o", text).replace("_", ""), 0)


def _float(text: str) -> float:
    return float(re.sub(r"^([-+]?)\.(?=[iInN])", r"\1", text))
