"""Which broker `--to` means."""

import pytest

from mesh.cli.target import url_of
from mesh.control.shapes import BrokerStatus
from mesh.errors import NotDone, NotFound, UsageError


def broker(namespace: str, name: str) -> BrokerStatus:
    return BrokerStatus(namespace=namespace, name=name, broker_class="Kafka", url=f"http://mesh/{namespace}/{name}")


CABS, LAB = broker("cabs", "default"), broker("lab", "default")


def test_the_only_broker_is_meant_by_default() -> None:
    assert url_of(None, None, lambda: [CABS]) == CABS.url


@pytest.mark.parametrize(
    ("to", "namespace"), [("broker:default:lab", None), ("broker:default", "lab"), ("broker:default:lab", "cabs")]
)
def test_a_broker_is_named_with_its_namespace(to: str, namespace: str | None) -> None:
    assert url_of(to, namespace, lambda: [CABS, LAB]) == LAB.url


def test_a_url_needs_no_running_mesh() -> None:
    def unreachable() -> list[BrokerStatus]:
        raise AssertionError

    assert url_of("http://127.0.0.1:9/a/b", None, unreachable) == "http://127.0.0.1:9/a/b"


def test_several_brokers_are_listed() -> None:
    with pytest.raises(NotDone, match=r"choose one with --to \(broker:default:cabs, broker:default:lab\)"):
        url_of("broker:default", None, lambda: [CABS, LAB])


def test_an_unknown_broker_is_not_found() -> None:
    with pytest.raises(NotFound, match="one of: broker:default:cabs"):
        url_of("broker:other", None, lambda: [CABS])


@pytest.mark.parametrize("to", ["default", "ksvc:invoice", "127.0.0.1:8080/cabs/default", "http://", "ftp://x/", ""])
def test_another_target_is_wrong_usage(to: str) -> None:
    with pytest.raises(UsageError, match=r"neither a URL .* nor broker:NAME"):
        url_of(to, None, lambda: [CABS])
