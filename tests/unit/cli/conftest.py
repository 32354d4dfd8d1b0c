"""The command line, a console and a broker on real sockets."""

from collections.abc import Iterator

import msgspec
import pytest

from mesh.cli.main import main
from support.command_line import Command, Said
from support.ingress import Ingress, listening
from support.operations import STATUS, InMemoryOperations, served


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MESH_STATE", "MESH_URL", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Command:
    """Run a command with these arguments."""

    def command(*arguments: str) -> Said:
        status = main(arguments)
        said = capfd.readouterr()
        return Said(status, said.out, said.err)

    return command


@pytest.fixture
def operations() -> InMemoryOperations:
    return InMemoryOperations()


@pytest.fixture
def mesh(run: Command, operations: InMemoryOperations, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run a command that finds a running mesh."""
    with served(operations) as url:
        monkeypatch.setenv("MESH_URL", url)
        yield run


@pytest.fixture
def ingress(operations: InMemoryOperations) -> Iterator[Ingress]:
    """The only broker of the running mesh."""
    with listening("/cabs/default") as ingress:
        broker = msgspec.structs.replace(STATUS.brokers[0], url=ingress.url)
        operations.state = msgspec.structs.replace(STATUS, brokers=[broker])
        yield ingress
