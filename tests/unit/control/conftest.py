"""A console over an in-memory mesh."""

from collections.abc import Iterator

import pytest

from mesh.control.client import Client
from support.operations import InMemoryOperations, served


@pytest.fixture
def mesh() -> InMemoryOperations:
    return InMemoryOperations()


@pytest.fixture
def url(mesh: InMemoryOperations) -> Iterator[str]:
    with served(mesh) as url:
        yield url


@pytest.fixture
def client(url: str) -> Client:
    return Client(url)
