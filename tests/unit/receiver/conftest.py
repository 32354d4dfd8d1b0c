"""A client of an ingress, and what is behind that."""

import pytest

from support.serving import Client, Inlet


@pytest.fixture
def inlet() -> Inlet:
    return Inlet()


@pytest.fixture
async def client(inlet: Inlet) -> Client:
    return Client(inlet)
