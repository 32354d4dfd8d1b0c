"""What cannot be delivered is dead-lettered with its reason, and settles when it is replayed corrected."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.mesh import MeshUp, eventually, get, ride

pytestmark = pytest.mark.timeout(300)


def letter_of(mesh: MeshUp, event_id: str) -> dict[str, Any] | None:
    letters = mesh.json("dead-letters", "list")
    return next((letter for letter in letters if letter["event_id"] == event_id), None)


def row_of(mesh: MeshUp, event_id: str) -> dict[str, Any] | None:
    """The row in the dead-letter function's own list, which is what the cluster has."""
    _, rows = get(f"{mesh.function_url('dead-letter')}/?id={event_id}")
    return rows[0] if rows else None


def test_poison_is_attempted_once_and_listed_with_code_reason_and_destination(mesh: MeshUp) -> None:
    assert mesh.send_ride(ride("r-poison", distance_km="far"), "e-poison") == 202
    letter = eventually(lambda: letter_of(mesh, "e-poison"))
    assert (letter["state"], letter["code"], letter["attempts"]) == ("sunk", 422, 1)
    assert "distance_km" in letter["reason"]
    assert letter["destination"] == mesh.function_url("ride-completed")
    row = eventually(lambda: row_of(mesh, "e-poison"))
    assert (row["code"], row["state"], row["destination"]) == (422, "open", letter["destination"])
    assert "distance_km" in row["reason"]


def test_replayed_with_a_corrected_payload_it_settles(mesh: MeshUp, tmp_path: Path) -> None:
    mesh.send_ride(ride("r-corrected", distance_km="far"), "e-corrected")
    letter = eventually(lambda: letter_of(mesh, "e-corrected"))
    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(ride("r-corrected")))
    done = mesh.cli("dead-letters", "replay", letter["id"], "--data", f"@{corrected}")
    assert done.returncode == 0, done.stderr
    assert mesh.settled("r-corrected")["price"] == "25.00"
    assert letter_of(mesh, "e-corrected") is None


def test_the_replay_command_through_the_broker_settles_it_too(mesh: MeshUp) -> None:
    mesh.send_ride(ride("r-command", distance_km="far"), "e-command")
    row = eventually(lambda: row_of(mesh, "e-command"))
    data = {"id": row["id"], "data": ride("r-command")}
    done = mesh.cli("send", "--type", "cabs.dead-letters.replay", "--data", json.dumps(data))
    assert done.returncode == 0, done.stderr
    assert mesh.settled("r-command")["price"] == "25.00"
    eventually(lambda: (row_of(mesh, "e-command") or {}).get("state") == "replayed")


def test_a_discarded_dead_letter_is_gone(mesh: MeshUp) -> None:
    mesh.send_ride(ride("r-discard", duration_min="soon"), "e-discard")
    letter = eventually(lambda: letter_of(mesh, "e-discard"))
    assert mesh.cli("dead-letters", "discard", letter["id"]).returncode == 0
    assert letter_of(mesh, "e-discard") is None
    assert mesh.cli("dead-letters", "show", letter["id"]).returncode == 1
