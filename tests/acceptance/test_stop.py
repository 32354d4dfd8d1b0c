"""Stopping is a designed path: what is in flight ends, and nothing of ours is left behind."""

from pathlib import Path

import pytest

from support.mesh import MeshUp, copied_project, eventually, processes_naming, ride

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def busy(tmp_path: Path) -> MeshUp:
    project = copied_project(tmp_path / "project")
    up = MeshUp(project, project / ".mesh")
    up.start()
    for number in range(30):
        assert up.send_ride(ride(f"r-{number}"), f"e-{number}") == 202
    return up


def test_sigterm_while_busy_ends_what_is_in_flight_and_leaves_nothing_behind(busy: MeshUp) -> None:
    assert busy.stop() == 0
    eventually(lambda: processes_naming(str(busy.root)) == [], within=10)
    busy.start()
    for number in range(30):
        busy.settled(f"r-{number}")
    assert busy.stop() == 0
    eventually(lambda: processes_naming(str(busy.root)) == [], within=10)


def test_nothing_is_left_behind_after_kill_9_and_a_new_start(busy: MeshUp) -> None:
    busy.kill()
    eventually(lambda: processes_naming(str(busy.root)) == [], within=10)
    busy.start()
    for number in range(30):
        busy.settled(f"r-{number}")
    assert busy.stop() == 0
    eventually(lambda: processes_naming(str(busy.root)) == [], within=10)


def test_a_second_mesh_on_the_same_state_is_refused(mesh: MeshUp) -> None:
    done = mesh.cli("up", str(mesh.root), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0")
    assert done.returncode == 1
    assert "holds the state directory" in done.stderr


@pytest.mark.parametrize("flag", ["--listen", "--console"])
def test_a_port_in_use_is_a_clear_error_before_anything_is_made(mesh: MeshUp, tmp_path: Path, flag: str) -> None:
    taken = mesh.url.removeprefix("http://")
    up = MeshUp(mesh.root, tmp_path / "state")
    with pytest.raises(AssertionError):
        up.start(flag, taken)
    assert f"cannot listen on {taken}" in up.output()
    assert f"choose another with {flag}" in up.output()
    assert up.process.wait(timeout=10) == 1
    assert [file.name for file in up.state.iterdir()] == ["lock"]
