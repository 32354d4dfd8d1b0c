"""Reading an object's fields so that nothing unknown and nothing of a wrong type goes by unnoticed."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Self

from mesh.manifests.problem import Problem
from mesh.manifests.yaml_nodes import Node


@dataclass(frozen=True, slots=True)
class Findings:
    """What a load says besides the values: all that is wrong, all that is odd, all that is for the cluster only."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    cluster_only: list[str] = field(default_factory=list)

    def problem(self, node: Node, message: str) -> None:
        self.problems.append(node.problem(message))

    def warning(self, node: Node, message: str) -> None:
        self.warnings.append(node.problem(message))


class Fields:
    """One mapping's fields; whatever is wrong becomes a problem, and the field reads as absent."""

    def __init__(self, node: Node, findings: Findings, known: Collection[str]) -> None:
        self.node = node
        self.findings = findings
        self._entries: Mapping[str, Node] = self._checked(node, known)

    def _checked(self, node: Node, known: Collection[str]) -> Mapping[str, Node]:
        if not isinstance(node.value, Mapping):
            self.wrong(node, "an object")
            return {}
        for name, entry in node.value.items():
            if name not in known:
                self._unknown(name, entry, suggestion(name, known))
        return {name: entry for name, entry in node.value.items() if name in known}

    def _unknown(self, _name: str, entry: Node, remedy: str) -> None:
        self.problem(entry, f'unknown field "{entry.path}" ({remedy})')

    def get(self, name: str) -> Node | None:
        """The field, where it is there; a null is absent, as for Kubernetes."""
        node = self._entries.get(name)
        return None if node is None or node.value is None else node

    def text(self, name: str) -> str | None:
        node = self.get(name)
        if node is None:
            return None
        if isinstance(node.value, str):
            return node.value
        self.wrong(node, "a string: put it in quotes" if node.text else "a string")
        return None

    def required_text(self, name: str) -> str:
        return self.required_texts(name)[0]

    def required_texts(self, *names: str) -> tuple[str, ...]:
        """The fields' texts; absent and empty are the same to Knative, which names all that are missing at once."""
        texts = {name: self.text(name) for name in names}
        missing = [name for name, text in texts.items() if not text and (self.get(name) is None or text == "")]
        if missing and isinstance(self.node.value, Mapping):
            self.missing(*sorted(missing))
        return tuple(text or "" for text in texts.values())

    def integer(self, name: str) -> int | None:
        node = self.get(name)
        if node is None:
            return None
        value = int(node.value) if isinstance(node.value, float) and node.value.is_integer() else node.value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.wrong(node, "an integer")
        return None

    def items(self, name: str) -> tuple[Node, ...]:
        node = self.get(name)
        if node is None:
            return ()
        if isinstance(node.value, tuple):
            return node.value
        self.wrong(node, "a list")
        return ()

    def object(self, name: str, known: Collection[str]) -> Self | None:
        node = self.get(name)
        return None if node is None else type(self)(node, self.findings, known)

    def boolean(self, name: str) -> bool | None:
        node = self.get(name)
        if node is None or isinstance(node.value, bool):
            return None if node is None else node.value
        self.wrong(node, "true or false")
        return None

    def strings(self, name: str) -> dict[str, Node]:
        """A map of strings, each value still with its place."""
        node = self.get(name)
        return {} if node is None else string_map(node, self.findings)

    def missing(self, *names: str) -> None:
        self.problem(self.node, f"missing field(s): {self.paths(*names)}")

    def paths(self, *names: str) -> str:
        return ", ".join(f"{self.node.path}.{name}" if self.node.path else name for name in names)

    def wrong(self, node: Node, expected: str) -> None:
        self.problem(node, wrong(node, expected))

    def problem(self, node: Node, message: str) -> None:
        self.findings.problem(node, message)


def string_map(node: Node, findings: Findings) -> dict[str, Node]:
    """Read a map whose values are strings, as Go's map[string]string does: null is empty, no number passes for one."""
    if not isinstance(node.value, Mapping):
        findings.problem(node, wrong(node, "an object"))
        return {}
    strings = {}
    for name, entry in node.value.items():
        if entry.value is None or isinstance(entry.value, str):
            strings[name] = replace(entry, value=entry.value or "")
        else:
            findings.problem(entry, wrong(entry, "a string: put it in quotes" if entry.text else "a string"))
    return strings


def values(strings: Mapping[str, Node]) -> dict[str, str]:
    return {name: node.value for name, node in strings.items()}


def wrong(node: Node, expected: str) -> str:
    return f"invalid value: {shown(node)}: {node.path} ({expected})"


def shown(node: Node) -> str:
    if isinstance(node.value, Mapping):
        return "an object"
    if isinstance(node.value, tuple):
        return "a list"
    return "null" if node.value is None else node.text


def quoted(text: str) -> str:
    """The text as Go's %q shows it."""
    return json.dumps(text, ensure_ascii=False)


def suggestion(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(known))}"
