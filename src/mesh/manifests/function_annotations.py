"""func.yaml's autoscaling annotations (knative/serving pkg/apis/autoscaling/annotation_validation.go)."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from mesh.manifests.durations import parse_go
from mesh.manifests.function_fields import FunctionFields

GROUP = "autoscaling.knative.dev/"
HOUR = timedelta(hours=1)

Value = TypeVar("Value", float, timedelta)


class Annotations:
    """Serving refuses values out of bounds; here they do no harm, and let a test be quick, so they are warned of."""

    def __init__(self, deploy: FunctionFields) -> None:
        self._deploy = deploy
        self._entries = deploy.texts("annotations")

    def number(self, name: str, least: float, most: float) -> float | None:
        return self._read(name, (float, "a number"), (least, most), (f"{least:g}", f"{most:g}"))

    def duration(self, name: str, least: timedelta) -> timedelta | None:
        """One of at most an hour."""
        shown = (f"{least.seconds}s", "1h0m0s")
        return self._read(name, (parse_go, "a Go duration, such as 60s"), (least, HOUR), shown)

    def _read(
        self,
        name: str,
        kind: tuple[Callable[[str], Value], str],
        bounds: tuple[Value, Value],
        shown: tuple[str, str],
    ) -> Value | None:
        node = self._entries.get(GROUP + name)
        if node is None:
            return None
        try:
            value = kind[0](node.text)
        except ValueError:
            self._deploy.problem(node, f"invalid value: {node.text}: {node.path} ({kind[1]})")
            return None
        if not bounds[0] <= value <= bounds[1]:
            message = f"expected {shown[0]} <= {node.text} <= {shown[1]}: {node.path}"
            self._deploy.findings.warning(node, f"{message} (the cluster will refuse it)")
        return value
