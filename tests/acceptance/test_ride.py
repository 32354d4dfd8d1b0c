"""One ride, from the command to all of its consequences."""

import json

import pytest

from support.mesh import COMMAND, MeshUp, eventually, post, ride
from support.tool_requests import deliver, kn_event_send

pytestmark = pytest.mark.timeout(300)

NOTIFICATIONS = [
    {"about": "invoice", "recipient": "p-1", "channel": "log"},
    {"about": "miles", "recipient": "p-1", "channel": "log"},
    {"about": "fee", "recipient": "d-1", "channel": "log"},
]


def check_settled(answer: dict[str, object], ride_id: str) -> None:
    assert answer["ride_id"] == ride_id
    assert (answer["price"], answer["currency"]) == ("25.00", "EUR")
    assert answer["driver_fee"] == "20.00"
    assert answer["miles"] == 7
    assert str(answer["invoice_number"])[4] == "-"
    assert answer["notifications"] == NOTIFICATIONS
    assert answer["outstanding"] == []


def test_a_binary_command_is_accepted_and_settles(mesh: MeshUp) -> None:
    assert mesh.send_ride(ride("r-binary"), "e-binary") == 202
    check_settled(mesh.settled("r-binary"), "r-binary")


def test_a_structured_command_settles(mesh: MeshUp) -> None:
    event = {
        "specversion": "1.0",
        "id": "e-structured",
        "source": "/app",
        "type": COMMAND,
        "data": ride("r-structured"),
    }
    status, _ = post(mesh.broker, json.dumps(event).encode(), {"content-type": "application/cloudevents+json"})
    assert status == 202
    check_settled(mesh.settled("r-structured"), "r-structured")


def test_mesh_send_with_fields_settles_and_prints_the_id(mesh: MeshUp) -> None:
    fields = {
        "ride_id": "4711",
        "passenger_id": "p-1",
        "driver_id": "d-1",
        "distance_km": "12.50",
        "duration_min": "25",
    }
    words = [word for name, value in fields.items() for word in ("--field", f"{name}={value}")]
    done = mesh.cli("send", "--type", COMMAND, "--id", "e-fields", *words)
    assert (done.returncode, done.stdout.strip()) == (0, "e-fields"), done.stderr
    check_settled(mesh.settled("4711"), "4711")


def test_what_kn_event_sends_settles(mesh: MeshUp) -> None:
    sent = kn_event_send("e-kn", COMMAND, ride("r-kn", distance_km="12.50"))
    assert deliver(sent.request(mesh.broker), mesh.broker)[0].status == 202
    check_settled(mesh.settled("r-kn"), "r-kn")


def test_trace_shows_the_tree_with_every_step(mesh: MeshUp) -> None:
    mesh.send_ride(ride("r-tree"), "e-tree")
    mesh.settled("r-tree")
    eventually(lambda: mesh.cli("drained").returncode == 0)
    text = mesh.cli("trace", "e-tree").stdout
    for step in ("ride-completed", "calculate-fee", "invoice", "register-miles", "notify", "ride-status"):
        assert step in text
    assert "not_matched" in json.dumps(mesh.json("trace", "e-tree"))


def test_completing_a_ride_again_answers_with_the_first_reply(mesh: MeshUp) -> None:
    mesh.send_ride(ride("r-again"), "e-first")
    mesh.settled("r-again")
    first = mesh.delivery("e-first", "cabs/ride-completed")
    mesh.send_ride(ride("r-again"), "e-second")
    eventually(lambda: (mesh.delivery("e-second", "cabs/ride-completed") or {}).get("outcome") == "delivered")
    second = mesh.delivery("e-second", "cabs/ride-completed")
    assert first
    assert second
    assert first["reply"]["id"] == second["reply"]["id"]


def test_an_unknown_ride_is_404(mesh: MeshUp) -> None:
    assert mesh.ride_status("never-heard-of") is None


def test_everything_is_drained_in_the_end(mesh: MeshUp) -> None:
    done = mesh.cli("drained", "--wait", "PT30S")
    assert done.returncode == 0, done.stdout
