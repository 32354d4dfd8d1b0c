"""A broker on the ledger without a disk, where all happens when a test lets time pass; a client of an ingress."""

import pytest

from mesh.ledger.memory import MemoryLedger
from support.delivering import Running
from support.serving import Client, Inlet


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture(params=[True, False], ids=["kept connections", "new connections"])
def mesh(ledger: MemoryLedger, request: pytest.FixtureRequest) -> Running:
    return Running(ledger, keeps_connections=request.param)


@pytest.fixture
def inlet() -> Inlet:
    return Inlet()


@pytest.fixture
async def client(inlet: Inlet) -> Client:
    return Client(inlet)
