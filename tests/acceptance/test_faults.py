"""Invoicing is down; the ride settles by itself when it is back, at the time that the trace showed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from support.mesh import MeshUp, eventually, ride

pytestmark = pytest.mark.timeout(300)

EVERYTHING_ELSE = ("calculate-fee", "register-miles")
TIMERS = timedelta(milliseconds=2)  # one may fire within the millisecond before


def outcome(mesh: MeshUp, event_id: str, trigger: str) -> str | None:
    delivery = mesh.delivery(event_id, f"cabs/{trigger}")
    return None if delivery is None else str(delivery["outcome"])


def waiting_after(mesh: MeshUp, event_id: str, *, attempts: int) -> dict[str, Any] | None:
    delivery = mesh.delivery(event_id, "cabs/invoice")
    return delivery if delivery and len(delivery["attempts"]) >= attempts else None


def test_a_ride_settles_when_invoicing_is_back(mesh: MeshUp) -> None:
    assert mesh.cli("fault", "cabs/invoice", "--status", "503").returncode == 0
    try:
        assert mesh.send_ride(ride("r-fault"), "e-fault") == 202
        eventually(lambda: all(outcome(mesh, "e-fault", step) == "delivered" for step in EVERYTHING_ELSE))
        waiting = eventually(lambda: waiting_after(mesh, "e-fault", attempts=4), every=0.2)
        assert [attempt["retry_in"] for attempt in waiting["attempts"][:4]] == [0.4, 0.8, 1.6, 3.2]
        settling = eventually(lambda: mesh.ride_status("r-fault"))
        assert "invoice" in settling["outstanding"]
        assert "503" in mesh.cli("trace", "e-fault").stdout
    finally:
        assert mesh.cli("fault", "--clear").returncode == 0
    due = datetime.fromisoformat(waiting["attempts"][3]["next_due"])
    mesh.settled("r-fault")
    attempts = (mesh.delivery("e-fault", "cabs/invoice") or {})["attempts"]
    assert attempts[-1]["status"] == 200
    assert datetime.fromisoformat(attempts[4]["at"]) >= due - TIMERS


def test_a_fault_for_a_number_of_attempts_ends_by_itself(mesh: MeshUp) -> None:
    mesh.cli("fault", "invoice", "--drop", "--times", "1")
    mesh.send_ride(ride("r-times"), "e-times")
    mesh.settled("r-times")
    attempts = (mesh.delivery("e-times", "cabs/invoice") or {})["attempts"]
    assert [(attempt["status"], attempt["fault"]) for attempt in attempts] == [(None, True), (200, False)]


def test_explain_says_what_the_waits_will_be_before_anything_has_failed(mesh: MeshUp) -> None:
    explained = mesh.json("explain", "cabs/invoice")
    assert explained["waits"][:4] == [0.4, 0.8, 1.6, 3.2]
    assert len(explained["waits"]) == 10
    assert all(setting["origin"] for setting in explained["settings"])
