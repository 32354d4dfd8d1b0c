"""The two ways to make the tables, against a real Postgres: `python -m step.migrate`, and the Job of the cluster."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import yaml

from mesh.functions.postgres import binaries
from step.migrate import LOCK, main
from support.postgres import Server
from support.steps import ROOT, STEPS, schema_of

[CONTAINER] = yaml.safe_load((ROOT / "broker/500-migrate.yaml").read_text())["spec"]["template"]["spec"]["containers"]
SCRIPT = CONTAINER["args"][0]
NOT_YET = '#!/bin/sh\n[ -e "$0.asked" ] && exec {} "$@"\ntouch "$0.asked"\necho no response\nexit 2\n'


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


def job(schemas: list[Path], url: str, *first_on_path: Path) -> "subprocess.CompletedProcess[str]":
    """Run what the Job's container runs, with the psql of the dev service; /schemas is the files' directory."""
    path = os.pathsep.join(map(str, (*first_on_path, binaries.find(), os.environ["PATH"])))
    command = [*CONTAINER["command"], SCRIPT.replace("/schemas", str(schemas[0].parent))]
    environment = {"PATH": path, CONTAINER["env"][0]["name"]: url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


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


async def test_the_job_makes_the_tables_of_every_step_however_often_it_runs(empty: str, schemas: list[Path]) -> None:
    runs = [job(schemas, empty) for _ in range(2)]
    assert [done.returncode for done in runs] == [0, 0], runs[-1].stderr
    assert await inboxes(empty) == len(STEPS)


async def test_the_job_leaves_nothing_behind_when_one_file_has_an_error(empty: str, schemas: list[Path]) -> None:
    schemas[-1].write_text("CREATE TABLE nonsense (;")
    done = job(schemas, empty)
    assert done.returncode != 0
    assert f"{schemas[-1].name}:1: ERROR:  syntax error" in done.stderr
    assert await inboxes(empty) == 0


async def test_the_job_waits_for_the_database(empty: str, schemas: list[Path], tmp_path: Path) -> None:
    not_yet = tmp_path / "pg_isready"
    not_yet.write_text(NOT_YET.format(binaries.find() / "pg_isready"))
    not_yet.chmod(0o755)
    done = job(schemas, empty, tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "no response"), done.stderr
    assert await inboxes(empty) == len(STEPS)


def test_the_job_and_the_module_exclude_each_other() -> None:
    assert f"pg_advisory_xact_lock({LOCK})" in SCRIPT
