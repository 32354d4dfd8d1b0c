"""A broker on the ledger without a disk, where all happens when a test lets time pass."""

import pytest

from mesh.ledger.memory import MemoryLedger
from support.delivering import Running


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture(params=[True, False], ids=["kept connections", "new connections"])
def mesh(ledger: MemoryLedger, request: pytest.FixtureRequest) -> Running:
    return Running(ledger, keeps_connections=request.param)
