"""What a ride needs goes away and comes back; no ride is lost for it."""

import os
import signal
from pathlib import Path

import pytest

from support.mesh import MeshUp, copied_project, eventually, processes_naming, ride
from support.postgres import server

pytestmark = pytest.mark.timeout(300)


def test_a_killed_dev_database_is_started_again_and_the_ride_settles(mesh: MeshUp) -> None:
    mesh.send_ride(ride("r-before"), "e-before")
    mesh.settled("r-before")
    servers = [line for line in processes_naming(str(mesh.state)) if "postgres" in line and " -D " in line]
    assert servers
    for line in servers:
        os.kill(int(line.partition(":")[0]), signal.SIGKILL)
    assert mesh.send_ride(ride("r-after"), "e-after") == 202
    assert mesh.settled("r-after")["price"] == "25.00"


def test_an_external_database_may_stop_and_start_again(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    with server() as postgres:
        mesh = MeshUp(project, project / ".mesh", {"DATABASE_URL": postgres.url()}).start("--migrate")
        try:
            mesh.send_ride(ride("r-there"), "e-there")
            mesh.settled("r-there")
            postgres.stop()
            assert mesh.send_ride(ride("r-away"), "e-away") == 202
            eventually(lambda: _failed_with_503(mesh, "e-away"))
            postgres.start()
            assert mesh.settled("r-away")["price"] == "25.00"
        finally:
            mesh.end()


def _failed_with_503(mesh: MeshUp, event_id: str) -> bool:
    delivery = mesh.delivery(event_id, "cabs/ride-completed")
    return delivery is not None and any(attempt["status"] == 503 for attempt in delivery["attempts"])


def test_a_function_that_fails_until_its_source_is_fixed_settles_by_saving_the_file(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    source = project / "functions" / "invoice" / "func.py"
    right = source.read_text()
    signature = "\nasync def invoice(ride: RideCompleted, context: Context) -> Reply[InvoiceIssued]:\n"
    raising = f'{signature}    raise RuntimeError("not today")\n\n\nasync def right('
    broken = right.replace("\nasync def invoice(", raising)
    assert broken != right
    source.write_text(broken)
    mesh = MeshUp(project, project / ".mesh").start()
    try:
        assert mesh.send_ride(ride("r-fixed"), "e-fixed") == 202
        eventually(lambda: len((mesh.delivery("e-fixed", "cabs/invoice") or {"attempts": []})["attempts"]) >= 2)
        assert "not today" in mesh.cli("logs", "invoice").stdout
        source.write_text(right)
        assert mesh.settled("r-fixed")["price"] == "25.00"
    finally:
        mesh.end()
