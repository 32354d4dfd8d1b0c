"""What the ledger on disk refuses to open or to read, each in a sentence."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mesh.errors import LedgerUnavailable, UsageError
from mesh.ledger.records import Subscribe
from mesh.ledger.sqlite import SqliteLedger
from support.events import BROKER, append

A = "cabs/invoice"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.mark.parametrize(
    ("prepared", "sentence"),
    [
        ("PRAGMA user_version = 7", "has ledger format 7, this mesh reads 3: run the version of mesh that wrote it"),
        ("PRAGMA user_version = 2", "has ledger format 2, this mesh reads 3: run the version of mesh that wrote it"),
        ("CREATE TABLE accounts (id)", r"is not a ledger \(a database of something else\): move it away"),
    ],
)
def test_a_database_of_another_kind_is_refused_and_left_alone(path: Path, prepared: str, sentence: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(prepared)
    before = path.read_bytes()
    with pytest.raises(UsageError, match=sentence):
        SqliteLedger(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_with_a_sentence(path: Path) -> None:
    path.write_text("shopping list: milk, eggs\n" * 100)
    with pytest.raises(UsageError, match=r"ledger.sqlite is not a ledger \(file is not a database\): move it away"):
        SqliteLedger(path)


@pytest.fixture
async def stored(path: Path) -> Path:
    with closing(SqliteLedger(path)) as ledger:
        await ledger.write(Subscribe(A, BROKER), *(append(f"e-{number}", data=b"x" * 500) for number in range(50)))
    return path


def test_a_damaged_page_is_told_in_a_sentence(stored: Path) -> None:
    whole, told = stored.read_bytes(), set()
    for page in range(4096, len(whole), 4096):
        stored.write_bytes(whole[:page] + bytes(4096) + whole[page + 4096 :])
        try:
            with closing(SqliteLedger(stored)) as ledger:
                assert (len(ledger.subscriptions()), len(ledger.read(BROKER, 0, 100))) == (1, 50)
        except (UsageError, LedgerUnavailable) as error:
            told.add(str(error).replace(str(stored), "FILE"))
    damage = "(database disk image is malformed)"
    assert told == {
        f"the ledger cannot be read {damage}: keep FILE and start on another --state directory",
        "the ledger cannot be read (events are malformed): keep FILE and start on another --state directory",
        f"FILE is not a ledger {damage}: move it away or choose another --state directory",
    }


def test_a_path_that_cannot_be_opened_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be opened \(No such file or directory\): choose another --state"):
        SqliteLedger(tmp_path / "no such directory" / "ledger.sqlite")
