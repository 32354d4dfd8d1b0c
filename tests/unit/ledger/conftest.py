"""Each implementation of the ledger's port, opened and opened again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mesh.ledger.memory import MemoryLedger
from mesh.ledger.port import Ledger
from mesh.ledger.sqlite import SqliteLedger

Reopen = Callable[[], Ledger]


class _Reopening:
    """Closes what is open and opens it again, as a restart of the mesh does."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack

    def __call__(self) -> Ledger:
        self._stack.close()
        return self._stack.enter_context(closing(SqliteLedger(self._path)))


@pytest.fixture(params=["sqlite", "memory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield _Reopening(tmp_path / "ledger.sqlite", stack)
        else:
            only = MemoryLedger()
            yield lambda: only


@pytest.fixture
def ledger(reopen: Reopen) -> Ledger:
    return reopen()
