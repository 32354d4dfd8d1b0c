"""`python -m step.migrate` against a real Postgres."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest

from step.migrate import main
from support.postgres import Server
from support.steps import STEPS, schema_of


@pytest.fixture
async def empty(postgres: Server) -> str:
    name = f"test_{os.urandom(6).hex()}"
    connection = await asyncpg.connect(postgres.url())
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return postgres.url(name)


@pytest.fixture
def schemas(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"{name}.sql" for name in STEPS]
    for file in files:
        file.write_text(schema_of(file.stem))
    return files


async def migrated(url: str, *files: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "step.migrate", *map(str, files)),
        env={**os.environ, "DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    return process.returncode or 0, errors.decode()


async def inboxes(url: str) -> int:
    connection = await asyncpg.connect(url)
    count: int = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tablename = 'inbox'")
    await connection.close()
    return count


async def test_several_at_once_are_as_good_as_one(empty: str, schemas: list[Path]) -> None:
    assert await asyncio.gather(*(migrated(empty, *schemas) for _ in range(3))) == [(0, "")] * 3
    assert await inboxes(empty) == len(STEPS)


async def test_a_file_with_an_error_is_not_applied_at_all(empty: str, schemas: list[Path]) -> None:
    schemas[0].write_text(schema_of(STEPS[0]) + "CREATE TABLE nonsense (;")
    status, errors = await migrated(empty, schemas[0])
    assert (status, errors) == (1, f'migrate: {schemas[0]} was not applied: syntax error at or near ";"\n')
    assert await inboxes(empty) == 0


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", "DATABASE_URL is not set: give it a value in run.envs of func.yaml"),
        ("nonsense", "DATABASE_URL cannot be read"),
        ("postgresql://me:secret@/x?host=/nowhere", "cannot reach the database of DATABASE_URL"),
    ],
)
def test_one_sentence_says_why_it_cannot(
    url: str, error: str, schemas: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(schemas[0])], {"DATABASE_URL": url}) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"migrate: {error}")
    assert said.count("\n") == 1
    assert "secret" not in said


async def test_a_missing_file_is_named(postgres: Server) -> None:
    assert await migrated(postgres.url(), Path("nowhere.sql")) == (
        1,
        "migrate: cannot read nowhere.sql: No such file or directory\n",
    )


def test_without_a_file_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    assert capsys.readouterr().err.startswith("usage: ")
