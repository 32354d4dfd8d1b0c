"""A ledger whose last writes reached the disk in part opens again with all that was acknowledged before them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesh.ledger.records import Subscribe
from mesh.ledger.sqlite import SqliteLedger
from support.events import BROKER, append

FILES = ("ledger.sqlite", "ledger.sqlite-wal")
EVENTS = 8
PAGE, HEAD, FRAME_HEAD = 4096, 32, 24  # bytes: of the database, of its log and of each page in it
STRIDE = 499  # of the positions that are tried besides those where a field begins or ends; 1 tries every byte
Files = dict[str, bytes]


@dataclass(frozen=True)
class Crash:
    """The files before and after the last write to one of them, and what was acknowledged before it."""

    torn: str
    before: Files
    after: Files
    acknowledged: list[str]

    def positions(self) -> Iterator[int]:
        """Where a field of a page's head begins or ends, and some more; between the first and the last change."""
        old, new = self.before[self.torn], self.after[self.torn]
        differing = [place for place, byte in enumerate(new) if old[place : place + 1] != bytes([byte])]
        head, page = (HEAD, FRAME_HEAD + PAGE) if self.torn == FILES[1] else (0, PAGE)
        for position in range(differing[0], differing[-1] + 2):
            field = (position - head) % page
            if position % STRIDE == 0 or (field <= FRAME_HEAD and field % 4 == 0):
                yield position

    def files(self, position: int, *, zeroed: bool) -> Files:
        """The new bytes up to there; behind it those that were there, or zeros, as file systems leave them."""
        old, new = self.before[self.torn], self.after[self.torn]
        rest = bytes(len(new) - position) if zeroed else old[position:]
        return self.after | {self.torn: new[:position] + rest}


@pytest.fixture(params=["a log that grows", "a log that is used again", "a checkpoint"])
async def crash(request: pytest.FixtureRequest, tmp_path: Path) -> Crash:
    directory = tmp_path / "whole"
    directory.mkdir()
    with closing(SqliteLedger(directory / FILES[0])) as ledger:
        await ledger.write(Subscribe("cabs/invoice", BROKER))
        ids = [f"e-{number}" for number in range(EVENTS)]
        for event_id in ids[:-1]:
            await ledger.write(append(event_id))
        if request.param == "a checkpoint":
            await ledger.write(append(ids[-1]))
            before = read(directory)
            ledger._writing.execute("PRAGMA wal_checkpoint(PASSIVE)")
            return Crash(FILES[0], before, read(directory), ids)
        if request.param == "a log that is used again":
            ledger._writing.execute("PRAGMA wal_checkpoint(RESTART)")
        before = read(directory)
        await ledger.write(append(ids[-1]))
        return Crash(FILES[1], before, read(directory), ids[:-1])


def read(directory: Path) -> Files:
    return {name: (directory / name).read_bytes() for name in FILES}


async def test_whatever_byte_the_last_write_ends_at_all_that_was_acknowledged_is_there(
    crash: Crash, tmp_path: Path
) -> None:
    for position in crash.positions():
        for zeroed in (False, True):
            for name, content in crash.files(position, zeroed=zeroed).items():
                (tmp_path / name).write_bytes(content)
            with closing(SqliteLedger(tmp_path / FILES[0])) as ledger:
                there = [stored.event.id for stored in ledger.read(BROKER, 0, EVENTS)]
            assert there[: len(crash.acknowledged)] == crash.acknowledged, (position, zeroed)


async def test_a_torn_ledger_takes_events_again(crash: Crash, tmp_path: Path) -> None:
    *_, last = crash.positions()
    for name, content in crash.files(last - PAGE // 2, zeroed=False).items():
        (tmp_path / name).write_bytes(content)
    for event_id in ("after", "and again"):
        with closing(SqliteLedger(tmp_path / FILES[0])) as ledger:
            await ledger.write(append(event_id))
            assert event_id in [stored.event.id for stored in ledger.read(BROKER, 0, 2 * EVENTS)]
