"""A broker on the ledger without a disk: everything in it happens when the test lets time pass."""

import pytest

from mesh.ledger.memory import MemoryLedger
from support.delivering import Running


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def mesh(ledger: MemoryLedger) -> Running:
    return Running(ledger)
