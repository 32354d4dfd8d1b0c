"""The whole mesh with every step in the asgi layout."""

from collections.abc import Iterator

import pytest

from support.mesh import MeshUp, copied_project, eventually, processes_naming, ride

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshUp]:
    project = copied_project(tmp_path_factory.mktemp("asgi"))
    up = MeshUp(project, project / ".mesh").start("--layout", "asgi")
    yield up
    up.end()
    assert processes_naming(str(project)) == []


def test_a_ride_settles(mesh: MeshUp) -> None:
    assert mesh.send_ride(ride("r-asgi"), "e-asgi") == 202
    settled = mesh.settled("r-asgi")
    assert (settled["price"], settled["driver_fee"], settled["miles"]) == ("25.00", "20.00", 7)
    assert len(settled["notifications"]) == 3


def test_a_repeat_changes_nothing(mesh: MeshUp) -> None:
    assert mesh.send_ride(ride("r-again"), "e-again-1") == 202
    first = mesh.settled("r-again")
    assert mesh.send_ride(ride("r-again"), "e-again-2") == 202
    assert mesh.cli("drained", "--wait", "PT30S").returncode == 0
    assert mesh.settled("r-again") == first


def test_poison_is_dead_lettered_with_its_reason(mesh: MeshUp) -> None:
    assert mesh.send_ride(ride("r-poison", distance_km="far"), "e-poison") == 202
    letters = eventually(lambda: mesh.json("dead-letters", "list"))
    assert [(letter["state"], letter["code"], letter["attempts"]) for letter in letters] == [("sunk", 422, 1)]
    assert "distance_km" in letters[0]["reason"]
