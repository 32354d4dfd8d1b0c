"""Which requests the console takes for its own."""

import pytest

from mesh.control.own_host import is_own


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost:8081", "LOCALHOST:8081", "[::1]:8081", "mesh.lan:8081"])
def test_its_own_names_are_taken(host: str) -> None:
    assert is_own([host], [], name="mesh.lan", port=8081)
    assert is_own([host], [f"http://{host}"], name="mesh.lan", port=8081)


@pytest.mark.parametrize(
    "host", ["evil.example:8081", "127.0.0.1:8082", "127.0.0.1", "", "127.0.0.1.evil.example:8081", "localhost.:8081"]
)
def test_other_names_are_refused(host: str) -> None:
    assert not is_own([host], [], name="127.0.0.1", port=8081)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://localhost:8081",
        "null",
        "",
        "http://localhost:3000",
        "http://localhost:8081@evil",
    ],
)
def test_other_origins_are_refused(origin: str) -> None:
    assert not is_own(["localhost:8081"], [origin], name="127.0.0.1", port=8081)


def test_a_request_without_a_host_is_refused() -> None:
    assert not is_own([], [], name="127.0.0.1", port=8081)


def test_every_host_counts() -> None:
    assert not is_own(["localhost:8081", "evil.example:8081"], [], name="127.0.0.1", port=8081)


def test_port_80_may_be_left_out() -> None:
    assert is_own(["localhost"], ["http://localhost"], name="127.0.0.1", port=80)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert is_own(["[fd00::1]:8081"], [], name="fd00::1", port=8081)
