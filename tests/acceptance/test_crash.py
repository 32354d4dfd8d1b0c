"""The mesh is killed again and again while rides are sent: every acknowledged ride settles, once."""

import random
import threading
import time
from pathlib import Path
from urllib.error import URLError

import pytest

from support.mesh import MeshUp, copied_project, eventually, get, ride

pytestmark = pytest.mark.timeout(600)

RIDES = 200
KILLS = 4


def send_until_accepted(mesh: MeshUp, number: int, stop_at: float) -> None:
    """A producer that repeats what got no 202, under the same id."""
    while time.monotonic() < stop_at:
        try:
            if mesh.send_ride(ride(f"r-{number}"), f"e-{number}") == 202:
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"ride {number} was never accepted")


def send_all(mesh: MeshUp, stop_at: float) -> None:
    for number in range(RIDES):
        send_until_accepted(mesh, number, stop_at)


def test_two_hundred_rides_settle_once_each_though_the_mesh_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    project = copied_project(tmp_path / "project")
    mesh = MeshUp(project, project / ".mesh").start()
    listen = mesh.url.removeprefix("http://")
    deadline = time.monotonic() + 300
    sender = threading.Thread(target=send_all, args=(mesh, deadline))
    sender.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 1.0))
        mesh.kill()
        mesh.start("--listen", listen)
    sender.join(timeout=300)
    assert not sender.is_alive()
    answers = [mesh.settled(f"r-{number}", within=200) for number in range(RIDES)]
    eventually(lambda: mesh.cli("drained").returncode == 0, within=100, every=0.5)
    check_once(mesh, answers)
    assert mesh.stop() == 0


def check_once(mesh: MeshUp, answers: list[dict[str, object]]) -> None:
    numbers = sorted(int(str(answer["invoice_number"]).partition("-")[2]) for answer in answers)
    assert numbers == list(range(1, RIDES + 1)), "invoice numbers have a gap or a double"
    assert all(len(answer["notifications"]) == 3 for answer in answers)  # type: ignore[arg-type]
    assert {answer["driver_fee"] for answer in answers} == {"20.00"}
    assert mesh.json("dead-letters", "list") == []
    assert get(f"{mesh.function_url('dead-letter')}/") == (200, [])
