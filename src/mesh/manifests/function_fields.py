"""func.yaml's fields as func reads them: a null is absent, any scalar is text, an unknown key is but a warning."""

from mesh.manifests.fields import Fields
from mesh.manifests.yaml_nodes import Node


class FunctionFields(Fields):
    """One mapping of a func.yaml."""

    def text(self, name: str) -> str | None:
        node = self.get(name)
        if node is None or isinstance(node.value, dict | tuple):
            return super().text(name)
        return node.text

    def number(self, name: str) -> float | None:
        node = self.get(name)
        if node is None:
            return None
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return float(node.value)
        self.wrong(node, "a number")
        return None

    def read_texts(self, *names: str) -> None:
        """Take notice of those that are no text."""
        for name in names:
            self.text(name)

    def entries(self, name: str, known: tuple[str, ...]) -> list["FunctionFields"]:
        """A list's items, each a mapping."""
        return [FunctionFields(item, self.findings, known) for item in self.items(name)]

    def texts(self, name: str) -> dict[str, Node]:
        """A map of text, each value with its place."""
        node = self.get(name)
        if node is None:
            return {}
        if isinstance(node.value, dict):
            return {key: entry for key, entry in node.value.items() if not isinstance(entry.value, dict | tuple)}
        self.wrong(node, "an object")
        return {}

    def _unknown(self, name: str, entry: Node, remedy: str) -> None:
        told = f'unknown field "{name}": {entry.path} ({remedy}; unknown fields will be ignored)'
        self.findings.warning(entry, told)
