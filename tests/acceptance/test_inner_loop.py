"""Files are saved while events stream in: the new code answers, and no event is lost."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.mesh import MeshUp, copied_project, eventually, ride

pytestmark = pytest.mark.timeout(300)

RIDES = [f"r-{number}" for number in range(60)]
PAUSE_SECONDS = 0.1  # so that the stream outlasts the saves
STEP = "functions/ride-completed/func.py"
ALL = "calculate-fee, dead-letter, invoice, notify, register-miles, ride-completed, ride-status"


class Saving:
    """A project whose files are saved while its mesh runs."""

    def __init__(self, root: Path, mesh: MeshUp) -> None:
        self.root = root
        self.mesh = mesh

    def save(self, name: str, old: str, new: str, says: str) -> None:
        """Return once the mesh has said so as often as it was to."""
        file, said = self.root / name, self.mesh.output().count(says)
        file.write_text(file.read_text().replace(old, new))
        eventually(lambda: self.mesh.output().count(says) > said)

    def save_all_kinds(self) -> None:
        self.save(STEP, "\n\n\n", "\n\n\n# a comment\n", "saved: ride-completed;")
        self.save("src/cabs/fares.py", "tariff.base +", "tariff.base + 50 +", f"saved: {ALL};")
        self.save(STEP, "async def complete(", "async def complete((", f"{STEP}:")
        self.save(STEP, "async def complete((", "# mended\nasync def complete(", "saved: ride-completed;")
        self.save("src/step/reply.py", "\n\n\n", "\n\n\n# a comment\n", f"saved: {ALL};")
        self.save("src/cabs/fares.py", "tariff.base + 50 +", "tariff.base + 100 +", f"saved: {ALL};")


def stream(mesh: MeshUp) -> set[int]:
    statuses = set()
    for name in RIDES:
        statuses.add(mesh.send_ride(ride(name), f"e-{name}"))
        time.sleep(PAUSE_SECONDS)
    return statuses


def test_no_event_of_a_stream_is_lost_while_files_are_saved(tmp_path: Path) -> None:
    root = copied_project(tmp_path / "project")
    mesh = MeshUp(root, root / ".mesh").start()
    saving = Saving(root, mesh)
    try:
        with ThreadPoolExecutor(1) as producer:
            statuses = producer.submit(stream, mesh)
            saving.save_all_kinds()
            assert statuses.result() == {202}
        assert mesh.send_ride(ride("r-new"), "e-new") == 202
        assert mesh.settled("r-new")["price"] == "125.00"
        assert mesh.cli("drained").returncode == 0
        assert mesh.json("dead-letters", "list") == []
        assert mesh.output().count("making the tables of") == 1  # no schema was saved
        assert {mesh.settled(name)["price"] for name in RIDES} <= {"25.00", "75.00", "125.00"}
        saving.save("functions/invoice/schema.sql", ";\n", "; -- saved\n", "making the tables of invoice\n")
    finally:
        mesh.end()
