"""Both broker classes, each in a mesh of its own for the whole session; or one broker that is named."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.conformance.manifests import triggers
from support.conformance.row import KAFKA, MT, Row
from support.conformance.run import Pointed, Run, on_broker, on_mesh

CLASSES = (KAFKA, MT)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--broker-url", help="ask the broker at this URL (http://HOST/NAMESPACE/NAME) instead of a mesh")
    group.addoption("--broker-class", choices=CLASSES, default=KAFKA, help="of the broker at --broker-url")
    group.addoption("--receiver-address", help="HOST:PORT under which that broker reaches this machine")
    group.addoption("--manifests", metavar="FILE", help="write the Triggers that such a broker needs, and run nothing")


@pytest.fixture(scope="session", params=CLASSES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    rows = _chosen(request.session.items)
    pointed = _pointed(request.config)
    if pointed is None:
        with on_mesh(rows, request.param, tmp_path_factory.mktemp("mesh")) as on:
            yield on
    elif pointed.broker_class != request.param:
        pytest.skip(f"the broker at --broker-url is of class {pointed.broker_class}")
    else:
        with on_broker(rows, pointed) as on:
            yield on


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    file = config.getoption("--manifests", None)
    if file:
        pointed = _pointed(config)
        if pointed is None:
            raise pytest.UsageError("--manifests needs --broker-url and --receiver-address")
        rows = [row for row in _chosen(items) if not row.only_here]
        wanted = [each for row in rows for each in triggers(row, pointed.shared, f"http://{pointed.receiver}")]
        Path(file).write_text(yaml.safe_dump_all(wanted, sort_keys=False))
        config.hook.pytest_deselected(items=items)
        items.clear()


def _chosen(items: list[pytest.Item]) -> list[Row]:
    """The rows of all tests that this session runs, each once."""
    called = (getattr(item, "callspec", None) for item in items)
    rows = list(dict.fromkeys(call.params["row"] for call in called if call and "row" in call.params))
    twice = [key for key, number in Counter(row.key for row in rows).items() if number > 1]
    if twice:
        raise pytest.UsageError(f"two rows of one name: {', '.join(twice)}")
    return rows


def _pointed(config: pytest.Config) -> Pointed | None:
    url, receiver = config.getoption("--broker-url", None), config.getoption("--receiver-address", None)
    if not url:
        return None
    if not receiver:
        raise pytest.UsageError("--broker-url needs --receiver-address HOST:PORT, where that broker reaches this one")
    return Pointed(url, config.getoption("--broker-class"), receiver)
