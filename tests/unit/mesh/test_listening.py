"""Where sockets listen, and what is said when they cannot."""

import socket

import pytest

from mesh.errors import NotDone
from mesh.listening import bound
from mesh.options import Address


def test_port_0_becomes_a_port_that_is_told() -> None:
    with bound(Address("127.0.0.1", 0), "--listen") as opened:
        assert opened.url == f"http://127.0.0.1:{opened.port}"
        socket.create_connection(("127.0.0.1", opened.port), timeout=5).close()


@pytest.mark.parametrize("flag", ["--listen", "--console"])
def test_an_address_that_is_taken_is_refused_with_the_flag_that_names_another(flag: str) -> None:
    with bound(Address("127.0.0.1", 0), flag) as first:
        taken = Address("127.0.0.1", first.port)
        with pytest.raises(
            NotDone, match=rf"cannot listen on {taken} \(.*in use.*\): end what holds the port, or .* with {flag}"
        ):
            bound(taken, flag)


@pytest.mark.parametrize(
    ("host", "remedy"),
    [("nohost.invalid", "no address is known for that host"), ("192.0.2.1", "the address is not this machine's")],
)
def test_an_address_that_is_not_of_this_machine_is_refused_with_its_remedy(host: str, remedy: str) -> None:
    with pytest.raises(NotDone, match=rf"cannot listen on {host}:0 \(.+\): {remedy}"):
        bound(Address(host, 0), "--listen")


def test_a_name_with_several_addresses_is_one_port_on_each() -> None:
    with bound(Address("localhost", 0), "--listen") as opened:
        assert {one.getsockname()[1] for one in opened.sockets} == {opened.port}
        assert not opened.is_open


def test_an_address_that_others_reach_is_told_apart() -> None:
    with bound(Address("0.0.0.0", 0), "--listen") as opened:
        assert opened.is_open
        assert opened.url == f"http://127.0.0.1:{opened.port}"
