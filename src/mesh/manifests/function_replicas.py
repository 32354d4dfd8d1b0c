"""func.yaml's health endpoints, start timeout and memory limit, as values; their mistakes are told elsewhere."""

from mesh.manifests.durations import parse_go
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.quantities import parse_quantity
from mesh.manifests.revision import Probes
from mesh.manifests.yaml_nodes import Node


def read_probes(run: FunctionFields, deploy: FunctionFields) -> Probes:
    """Read `deploy.healthEndpoints` and `run.startTimeout`, which is text or, as an integer, nanoseconds."""
    default = Probes()
    started = _text(run.node, "startTimeout")
    try:
        timeout = parse_go(f"{started}ns" if started.isdecimal() else started)
    except ValueError:
        timeout = default.start_timeout
    return Probes(
        readiness=_text(deploy.node, "healthEndpoints", "readiness") or default.readiness,
        liveness=_text(deploy.node, "healthEndpoints", "liveness") or default.liveness,
        start_timeout=timeout or default.start_timeout,
    )


def read_memory(deploy: FunctionFields) -> int | None:
    """Read `deploy.options.resources.limits.memory`, in bytes."""
    try:
        return int(parse_quantity(_text(deploy.node, "options", "resources", "limits", "memory")))
    except ValueError:
        return None


def _text(node: Node, *names: str) -> str:
    """What stands there; empty where nothing does."""
    for name in names:
        below = node.value.get(name) if isinstance(node.value, dict) else None
        if below is None or below.value is None:
            return ""
        node = below
    return node.text
