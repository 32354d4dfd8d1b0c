"""Which requests the console takes for its own."""

import pytest

from mesh.control.own_host import is_own


def own(
    hosts: list[str],
    origins: list[str],
    *,
    name: str = "127.0.0.1",
    port: int = 8081,
    target: str = "/",
    address: str = "127.0.0.1",
) -> bool:
    return is_own(target, hosts, origins, name=name, address=address, port=port)


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost:8081", "LOCALHOST:8081", "[::1]:8081", "mesh.lan:8081"])
def test_its_own_names_are_taken(host: str) -> None:
    assert own([host], [], name="mesh.lan", port=8081)
    assert own([host], [f"http://{host}"], name="mesh.lan", port=8081)


@pytest.mark.parametrize(
    "host", ["evil.example:8081", "127.0.0.1:8082", "127.0.0.1", "", "127.0.0.1.evil.example:8081", "localhost.:8081"]
)
def test_other_names_are_refused(host: str) -> None:
    assert not own([host], [], name="127.0.0.1", port=8081)


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
    assert not own(["localhost:8081"], [origin], name="127.0.0.1", port=8081)


def test_a_request_without_a_host_is_refused() -> None:
    assert not own([], [], name="127.0.0.1", port=8081)


def test_every_host_counts() -> None:
    assert not own(["localhost:8081", "evil.example:8081"], [], name="127.0.0.1", port=8081)


def test_port_80_may_be_left_out() -> None:
    assert own(["localhost"], ["http://localhost"], name="127.0.0.1", port=80)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert own(["[fd00::1]:8081"], [], name="fd00::1", port=8081)


@pytest.mark.parametrize("target", ["http://evil.example/status", "http://localhost:8082/", "localhost:8081", "*", ""])
def test_a_target_that_names_another_host_is_refused(target: str) -> None:
    assert not own(["localhost:8081"], [], target=target)


@pytest.mark.parametrize("target", ["/", "/trace?id=http://evil.example/", "http://localhost:8081/status"])
def test_a_target_of_its_own_is_taken(target: str) -> None:
    assert own(["localhost:8081"], [], target=target)


def test_the_number_that_a_client_has_reached_is_its_own_where_it_listens_everywhere() -> None:
    assert own(["192.168.1.5:8081"], ["http://192.168.1.5:8081"], name="0.0.0.0", address="192.168.1.5")
    assert own(["[fd00::1]:8081"], [], name="::", address="fd00::1")
    assert not own(["192.168.1.6:8081"], [], name="0.0.0.0", address="192.168.1.5")
    assert not own(["evil.example:8081"], [], name="0.0.0.0", address="192.168.1.5")
