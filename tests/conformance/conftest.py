"""Both broker classes, each in a mesh of its own for the whole session; or one broker that is named."""

from collections.abc import Iterator

import pytest

from support.conformance.row import KAFKA, MT, Row
from support.conformance.run import Pointed, Run, on_broker, on_mesh

CLASSES = (KAFKA, MT)
SEEN = pytest.StashKey[dict[str, dict[str, int]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--broker-url", help="ask the broker at this URL (http://HOST/NAMESPACE/NAME) instead of a mesh")
    group.addoption("--broker-class", choices=CLASSES, default=KAFKA, help="of the broker at --broker-url")
    group.addoption("--receiver-address", help="HOST:PORT under which that broker reaches this machine")


@pytest.fixture(scope="session", params=CLASSES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    rows = _chosen(request.session.items, request.param)
    pointed = _pointed(request.config)
    if pointed is None:
        with on_mesh(rows, request.param, tmp_path_factory.mktemp("mesh")) as on:
            yield on
    elif pointed.broker_class != request.param:
        pytest.skip(f"the broker at --broker-url is of class {pointed.broker_class}")
    else:
        with on_broker([row for row in rows if not row.only_here], pointed) as on:
            yield on


def _chosen(items: list[pytest.Item], broker_class: str) -> list[Row]:
    """The rows of all tests that this session runs, each once."""
    called = (getattr(item, "callspec", None) for item in items)
    rows = [call.params["row"] for call in called if call and call.params.get("run") == broker_class]
    return list(dict.fromkeys(rows))


def _pointed(config: pytest.Config) -> Pointed | None:
    url = config.getoption("--broker-url", None)
    if not url:
        return None
    receiver = config.getoption("--receiver-address")
    if not receiver:
        raise pytest.UsageError(
            "--broker-url needs --receiver-address HOST:PORT, where that broker reaches this machine"
        )
    return Pointed(url, config.getoption("--broker-class"), receiver)
