"""A Postgres for the session, and for each test a fresh database with the tables of all steps."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import asyncpg
import pytest

from step import Connection, step
from step.served import Step
from support.broker import Broker, serving
from support.postgres import Server, server
from support.steps import STEPS, schema_of


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server(os.environ.get("DATABASE_URL")) as running:
        yield running


@pytest.fixture(scope="session")
def template(postgres: Server) -> Iterator[str]:
    """A database with the tables of all steps, to be copied."""
    name = f"steps_{os.urandom(6).hex()}"
    asyncio.run(_run(postgres.url(), f"CREATE DATABASE {name}"))
    asyncio.run(_run(postgres.url(name), *map(schema_of, STEPS)))
    yield name
    asyncio.run(_run(postgres.url(), f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def make_database(postgres: Server, template: str) -> Iterator[Callable[[], str]]:
    """Databases that stay until the session's end."""
    made: list[str] = []

    def make() -> str:
        made.append(f"kept_{os.urandom(6).hex()}")
        asyncio.run(_run(postgres.url(), f"CREATE DATABASE {made[-1]} TEMPLATE {template}"))
        return postgres.url(made[-1])

    yield make
    asyncio.run(_run(postgres.url(), *(f"DROP DATABASE {name} WITH (FORCE)" for name in made)))


@pytest.fixture
async def database_url(postgres: Server, template: str) -> AsyncIterator[str]:
    name = f"test_{os.urandom(6).hex()}"
    await _run(postgres.url(), f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.url(name)
    await _run(postgres.url(), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def served() -> AsyncIterator[Callable[..., Step]]:
    """`step(…)` without its entries; connections are closed with the test."""
    started: list[Step] = []

    def serve(*arguments: Any, **options: Any) -> Step:
        main, _ = step(*arguments, **options)
        assert isinstance(main.step, Step)
        started.append(main.step)
        return main.step

    yield serve
    for one in started:
        one.close()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # a sink is never behind a proxy
    with serving() as kept:
        yield kept


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
