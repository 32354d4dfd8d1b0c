"""W3C trace context goes in at the ingress, survives the ledger and a restart, and parents the last step's span."""

import re
from functools import partial
from pathlib import Path

import pytest

from support.mesh import MeshUp, copied_project, eventually, ride

pytestmark = pytest.mark.timeout(300)

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def spans_of(mesh: MeshUp, function: str) -> list[tuple[str, str]]:
    """Trace and parent ids of the spans that a function's console exporter printed."""
    text = mesh.cli("logs", function).stdout
    return re.findall(r'"trace_id": "0x(\w+)".*?"parent_id": "0x(\w+)"', text, re.DOTALL)


def has_span(mesh: MeshUp, function: str) -> bool:
    return (TRACE, PARENT) in spans_of(mesh, function)


def test_every_steps_span_is_a_child_of_the_commands_even_after_a_restart(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    mesh = MeshUp(project, project / ".mesh", {"OTEL_TRACES_EXPORTER": "console"}).start()
    try:
        mesh.cli("fault", "invoice", "--status", "503")
        mesh.send_ride(ride("r-span"), "e-span", traceparent=f"00-{TRACE}-{PARENT}-01", tracestate="cabs=1")
        eventually(lambda: "attempt" in mesh.cli("trace", "e-span").stdout and mesh.delivery("e-span", "cabs/invoice"))
        mesh.kill()
        mesh.start()
        mesh.settled("r-span")
        for step in ("invoice", "notify", "ride-status"):
            eventually(partial(has_span, mesh, step))
    finally:
        mesh.end()
