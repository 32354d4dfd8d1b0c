"""The real kn event: what it sends settles a ride, whatever the types of its fields, and what it says of it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from support.func_runs import free_address
from support.mesh import COMMAND, MeshUp
from support.raw_server import listening
from support.real_tools import RealTool, real
from support.tool_requests import kn_event_send

pytestmark = pytest.mark.timeout(300)

# Every type that a field can have: only what Go prints the same way is a number, and --raw-field is always text.
FIELDS: Mapping[str, tuple[str, Any]] = {
    "ride_id": ("4711", 4711),
    "driver_id": ("d-1", "d-1"),
    "distance_km": ("12.50", "12.50"),
    "duration_min": ("25", 25),
    "vip": ("true", True),
    "tip": ("2.500000", 2.5),
    "wish": ("null", "null"),
    "note": ('<żółw> & "co"', '<żółw> & "co"'),
}
RAW = {"passenger_id": "1"}
DATA = {name: value for name, (_, value) in FIELDS.items()} | RAW | {"car": {"seats": 4}}


@pytest.fixture(scope="module")
def kn_event(tmp_path_factory: pytest.TempPathFactory) -> RealTool:
    return real("kn-event", tmp_path_factory.mktemp("kn-event"))


def words(command: str, event_id: str) -> list[str]:
    fields = [f"--field={name}={text}" for name, (text, _) in FIELDS.items()]
    raw = [f"--raw-field={name}={text}" for name, text in RAW.items()]
    attributes = ["--type", COMMAND, "--id", event_id, "--source", "kn-event/0.0.0"]
    return [command, *attributes, *fields, *raw, "--field=car.seats=4"]


def test_a_ride_of_every_type_of_field_settles(kn_event: RealTool, mesh: MeshUp) -> None:
    done = kn_event(*words("send", "e-kn"), "--to", mesh.broker)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    [said] = [json.loads(line) for line in done.stderr.splitlines() if "sent" in line]  # it is no terminal
    assert (said["level"], said["msg"]) == ("info", "Event (ID: e-kn) have been sent.")
    settled = mesh.settled("4711")
    assert (settled["price"], settled["notifications"][0]["recipient"]) == ("25.00", "1")


def test_its_request_is_byte_for_byte_the_one_that_the_tests_without_it_send(kn_event: RealTool) -> None:
    with listening() as heard:
        assert kn_event(*words("send", "e-kn"), "--to", heard.url).returncode == 0
        assert heard.heard == kn_event_send("e-kn", COMMAND, DATA).timed_like(heard.heard).request(heard.url)


def test_it_fails_when_it_is_refused_and_when_nobody_is_there(kn_event: RealTool) -> None:
    with listening(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as refusing:
        assert_not_sent(kn_event, refusing.url)
    assert_not_sent(kn_event, f"http://{free_address()}/cabs/default")


def assert_not_sent(kn_event: RealTool, url: str) -> None:
    done = kn_event(*words("send", "e-kn"), "--to", url)
    assert done.returncode != 0
    assert "can't sent the event" in done.stderr


def test_build_prints_the_event_and_sends_nothing(kn_event: RealTool) -> None:
    done = kn_event(*words("build", "e-kn"), "--output", "json")
    built = json.loads(done.stdout)
    assert (done.returncode, built.pop("time")[-1], built.pop("data")) == (0, "Z", DATA)
    assert built == {
        "specversion": "1.0",
        "id": "e-kn",
        "source": "kn-event/0.0.0",
        "type": COMMAND,
        "datacontenttype": "application/json",
    }
