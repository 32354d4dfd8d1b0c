"""What is stopped before it started removes nothing."""

from pathlib import Path

import pytest

from mesh.errors import StartFailed
from mesh.functions.background import background
from mesh.functions.databases import Databases
from mesh.functions.postgres.service import Postgres
from support.hosted import TurnedClock


@pytest.fixture
def treasure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").touch()
    return tmp_path / ".git" / "HEAD"


def is_there(file: Path) -> bool:
    return file.exists()


async def test_a_postgres_that_never_started_leaves_the_working_directory_alone(treasure: Path) -> None:
    async with background() as tasks:
        await Postgres(Path("state"), TurnedClock(), tasks, print).stop()
    assert is_there(treasure)


async def test_databases_that_nobody_needed_leave_the_working_directory_alone(treasure: Path) -> None:
    async with background() as tasks:
        await Databases(Path(), TurnedClock(), tasks, print, external=False).stop()
    assert is_there(treasure)


async def test_a_postgres_that_never_started_has_no_url(tmp_path: Path) -> None:
    async with background() as tasks:
        postgres = Postgres(tmp_path, TurnedClock(), tasks, print)
        with pytest.raises(StartFailed, match="was not started"):
            assert postgres.url
