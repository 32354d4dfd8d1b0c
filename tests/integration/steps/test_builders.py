"""Staged directories, installed and started as func's builders do it, take events."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.builders import Built, host_image, host_run, legacy, staged, visited
from support.steps import event, post, settings_of

pytestmark = pytest.mark.timeout(300)  # pip fetches what it has not cached

RIDE = {
    "ride_id": "r-1",
    "passenger_id": "p-1",
    "driver_id": "d-1",
    "distance_km": "12.5",
    "duration_min": 30,
    "price": "26.50",
    "currency": "EUR",
    "completed_at": "2026-05-01T12:00:00Z",
}


def delivery(data: object, **attributes: str) -> dict[str, Any]:
    request = post(event("cabs.rides.ride-completed", data, **attributes))
    return {"path": "/", "headers": dict(request.headers), "body": request.body.decode()}


REQUESTS = [
    delivery(RIDE),
    delivery(RIDE),
    delivery({}, id="bad"),
    {"path": "/", "body": "{}"},
    {"path": "/"},
    {"path": "/x"},
]


def check(built: Built, database_url: str) -> None:
    """The answers of an invoice step, whose name nothing but its directory tells."""
    settings = settings_of("invoice") | {"DATABASE_URL": database_url}
    del settings["K_SERVICE"]
    first, again, *refused = visited(built, settings, REQUESTS)
    assert [first["status"], *(answer["status"] for answer in refused)] == [200, 422, 400, 405, 404]
    assert (first["headers"]["ce-source"], first["headers"]["ce-type"]) == (
        "//cabs/invoice",
        "cabs.billing.invoice-issued",
    )
    assert msgspec.json.decode(first["body"])["amount"] == "26.50"
    assert (again["body"], again["headers"]["ce-id"]) == (first["body"], first["headers"]["ce-id"])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return legacy(staged(tmp_path_factory.mktemp("parliament"), "invoice", "parliament"))


def test_what_pack_installs_runs_by_its_procfile(installed: Built, database_url: str) -> None:
    procfile = (installed.directory / "Procfile").read_text()
    web = procfile.removeprefix("web: ").strip()
    check(replace(installed, command=("sh", "-c", web)), database_url)


def test_what_s2i_installs_runs_by_its_executable_app_sh(installed: Built, database_url: str) -> None:
    check(replace(installed, command=("./app.sh",)), database_url)


@pytest.mark.parametrize("build", [host_run, host_image])
def test_what_the_host_builder_installs_runs(
    build: Callable[[Path, str], Built], tmp_path: Path, database_url: str
) -> None:
    check(build(staged(tmp_path, "invoice", "asgi"), "http"), database_url)
