"""The ledger on disk: what it does when the disk is full or gone, what a kill leaves behind."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mesh.errors import LedgerUnavailable
from mesh.ledger import sqlite as module
from mesh.ledger.records import Advance, Bury, Exhume, Finish, Letter, Postpone, Progress, Subscribe, Unsubscribe
from mesh.ledger.sqlite import SqliteLedger
from support.events import BROKER, append, event, letter

A = "cabs/invoice"
KILLED_WRITER = Path(__file__).parent / "killed_writer.py"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with closing(SqliteLedger(path)) as opened:
        yield opened


def ids(ledger: SqliteLedger) -> list[str]:
    return [stored.event.id for stored in ledger.read(BROKER, 0, 100_000)]


def limit_pages(ledger: SqliteLedger, more: int) -> None:
    """Let the file grow by that many pages and then be a full disk."""
    (pages,) = ledger._writing.execute("PRAGMA page_count").fetchone()
    ledger._writing.execute(f"PRAGMA max_page_count = {pages + more}")


async def fill_disk(ledger: SqliteLedger) -> list[str]:
    """Store events until the disk is full; answer the ids of those that were acknowledged."""
    acknowledged: list[str] = []
    limit_pages(ledger, 20)
    while (error := await outcome(ledger, f"e-{len(acknowledged)}")) is None:
        acknowledged.append(f"e-{len(acknowledged)}")
    assert str(error) == "the ledger cannot be written: database or disk is full"
    return acknowledged


async def outcome(ledger: SqliteLedger, event_id: str) -> LedgerUnavailable | None:
    try:
        await ledger.write(append(event_id, data=b"x" * 3000))
    except LedgerUnavailable as error:
        return error
    return None


def test_the_files_are_for_their_owner_alone(path: Path) -> None:
    with closing(SqliteLedger(path)):
        assert {file.stat().st_mode & 0o777 for file in path.parent.glob(f"{path.name}*")} == {0o600}


async def test_an_opening_that_was_cut_off_is_made_good(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
    with closing(SqliteLedger(path)) as ledger:
        assert await ledger.write(append()) == [1]


async def test_a_write_is_fsynced_before_it_is_answered(ledger: SqliteLedger) -> None:
    assert ledger._writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._writing.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


async def test_writes_that_arrive_together_share_commits(ledger: SqliteLedger) -> None:
    commits: list[str] = []
    ledger._writing.set_trace_callback(lambda statement: commits.append(statement) if statement == "COMMIT" else None)
    answers = await asyncio.gather(*(ledger.write(append(f"e-{number}")) for number in range(500)))
    assert answers == [[number] for number in range(1, 501)]
    assert len(commits) < 100


async def test_a_write_happens_as_a_whole_or_not_at_all(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    unwritable = append("\ud800")
    with pytest.raises(UnicodeEncodeError):
        await ledger.write(append("e-1"), unwritable)
    assert ids(ledger) == []
    assert await ledger.write(append("e-2")) == [1]


async def test_a_write_that_cannot_be_understood_costs_no_other(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    together = [ledger.write(append("e-1")), ledger.write(append("\ud800")), ledger.write(append("e-2"))]
    first, bad, second = await asyncio.gather(*together, return_exceptions=True)
    assert isinstance(bad, UnicodeEncodeError)
    assert (first, second) == ([1], [2])
    assert ids(ledger) == ["e-1", "e-2"]


async def test_what_was_acknowledged_survives_a_full_disk(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    acknowledged = await fill_disk(ledger)
    assert acknowledged
    assert ids(ledger) == acknowledged


async def test_a_full_disk_recovers_by_itself_when_space_returns(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    acknowledged = await fill_disk(ledger)
    limit_pages(ledger, 20)
    (seq,) = await ledger.write(append("after", data=b"x" * 3000))
    assert seq == len(acknowledged) + 1
    assert ids(ledger) == [*acknowledged, "after"]


async def test_a_full_disk_still_lets_events_be_finished(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    acknowledged = await fill_disk(ledger)
    await ledger.write(*(Finish(A, [seq], seq) for seq in range(1, 5)))
    assert ids(ledger) == acknowledged[4:]
    assert await ledger.write(append("after", data=b"x" * 3000))


@pytest.mark.parametrize(
    "refused",
    [Finish(A, [1], 1), Postpone(A, 1, 1, Progress(attempts=1, last="\ud800"))],
    ids=["a finish", "a postponement"],
)
async def test_a_position_does_not_pass_what_was_refused(path: Path, refused: Finish | Postpone) -> None:
    with closing(SqliteLedger(path)) as ledger:
        await ledger.write(Subscribe(A, BROKER), *(append(f"e-{number}") for number in (1, 2, 3)))
        with pytest.raises(UnicodeEncodeError):
            await ledger.write(refused, append("\ud800"))
        await ledger.write(Finish(A, [2], 2))  # its sender counts 1 as settled, as it counted when it asked
        await ledger.write(Advance([A], 3))
    with closing(SqliteLedger(path)) as ledger:
        (standing,) = ledger.subscriptions()
        assert standing.position == 0
        assert standing.done == {2}
        assert [stored.event.id for stored, _ in ledger.outstanding(A)] == ["e-1", "e-3"]


async def test_a_trigger_that_comes_again_is_held_back_by_nothing_that_was_refused_before(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER), append("e-1"))
    with pytest.raises(UnicodeEncodeError):
        await ledger.write(Finish(A, [1], 1), append("\ud800"))
    await ledger.write(Unsubscribe(A), Subscribe(A, BROKER), append("e-2"))
    await ledger.write(Finish(A, [2], 2))
    assert [standing.position for standing in ledger.subscriptions()] == [2]


async def test_positions_move_again_once_the_refused_is_written(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER), *(append(f"e-{number}") for number in (1, 2, 3)))
    with pytest.raises(UnicodeEncodeError):
        await ledger.write(Finish(A, [1], 1), append("\ud800"))
    await ledger.write(Finish(A, [2], 2))
    await ledger.write(Finish(A, [1], 3))
    (standing,) = ledger.subscriptions()
    assert standing.position == 3
    assert ids(ledger) == []


async def test_what_is_ahead_is_counted_as_of_one_moment(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    for number in (1, 2, 3):
        await ledger.write(append(f"e-{number}"))
    await ledger.write(Finish(A, [2], 0))

    def commit_meanwhile(statement: str) -> None:
        if "FROM record_batches" in statement:  # where the row of 2 was read already
            ledger._apply([[Finish(A, [1], 2)]])

    ledger._reading.set_trace_callback(commit_meanwhile)
    assert ledger.ahead([A]) == {A: 2}
    ledger._reading.set_trace_callback(None)
    assert ledger.ahead([A]) == {A: 1}


async def test_for_many_triggers_the_disk_is_asked_as_little_as_for_one(ledger: SqliteLedger) -> None:
    triggers = [f"cabs/t-{number}" for number in range(100)]
    await ledger.write(*(Subscribe(trigger, BROKER) for trigger in triggers), append())
    statements: list[str] = []
    ledger._reading.set_trace_callback(statements.append)
    for asked in (triggers[:1], triggers):
        statements.clear()
        assert ledger.ahead(asked) == dict.fromkeys(asked, 1)
        assert ledger.subscriptions()
        assert len(statements) == 10, statements


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_files_that_are_gone_take_nothing_until_they_are_back(path: Path, suffix: str) -> None:
    with closing(SqliteLedger(path)) as ledger:
        await ledger.write(Subscribe(A, BROKER), append("e-1"))
        file, aside = path.with_name(path.name + suffix), path.with_name("aside")
        file.rename(aside)
        with pytest.raises(LedgerUnavailable, match=rf"{file} was moved, deleted or replaced while the mesh ran: put"):
            await ledger.write(append("e-2"), Finish(A, [1], 1))
        aside.rename(file)
        assert await ledger.write(append("e-3"), Finish(A, [2], 2)) == [2]
    with closing(SqliteLedger(path)) as ledger:
        assert ids(ledger) == ["e-1", "e-3"]  # the position has not passed the first one


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path: Path) -> None:
    with subprocess.Popen([sys.executable, KILLED_WRITER, path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline().strip() for _ in range(200)]
        child.kill()
        acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
    with closing(SqliteLedger(path)) as ledger:
        assert ids(ledger)[: len(acknowledged)] == acknowledged


async def test_closing_finishes_what_was_asked_for(path: Path) -> None:
    with closing(SqliteLedger(path)) as ledger:
        await ledger.write(Subscribe(A, BROKER))
        asked = [ledger.write(append(f"e-{number}")) for number in range(100)]
    assert len(await asyncio.gather(*asked)) == 100
    with closing(SqliteLedger(path)) as ledger:
        assert len(ids(ledger)) == 100


async def test_one_who_no_longer_waits_gets_what_was_asked_for(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER))
    ledger.write(append("e-1")).cancel()
    await ledger.write(append("e-2"))
    assert ids(ledger) == ["e-1", "e-2"]


async def test_data_and_trace_come_back_byte_for_byte(ledger: SqliteLedger) -> None:
    await ledger.write(Subscribe(A, BROKER), append(data=bytes(range(256))))
    (stored,) = ledger.read(BROKER, 0, 1)
    assert stored.event == event(data=bytes(range(256)))


@pytest.mark.parametrize("end", [Finish(A, [2], 5), Unsubscribe(A)])
async def test_of_events_that_were_stored_together_the_file_keeps_those_that_are_tried_again(
    ledger: SqliteLedger, end: Finish | Unsubscribe
) -> None:
    def rows() -> list[tuple[int, int, int]]:
        query = "SELECT first, last, length(events) < 300 FROM record_batches"
        return ledger._reading.execute(query).fetchall()

    await ledger.write(Subscribe(A, BROKER), *(append(f"e-{number}", data=bytes(100)) for number in range(5)))
    assert rows() == [(1, 5, False)]
    await ledger.write(Postpone(A, 2, 5, Progress(attempts=1)))
    assert rows() == [(2, 2, True)]
    await ledger.write(end)
    assert rows() == []


async def test_letters_are_read_one_at_a_time_and_those_that_left_meanwhile_are_left_out(
    ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def counted(blob: bytes) -> Letter:
        read.append(blob)
        return msgspec.msgpack.decode(blob, type=Letter)

    monkeypatch.setattr(module, "_decode_letter", counted)
    await ledger.write(*(Bury(letter(f"l-{number}")) for number in range(100)))
    letters = ledger.letters(event_type="ride", trigger="cabs/invoice")
    assert (next(letters).id, len(read)) == ("l-0", 1)
    await ledger.write(Exhume("l-1"))
    assert (next(letters).id, len(read)) == ("l-2", 2)
