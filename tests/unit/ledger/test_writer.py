"""The thread that commits: when it is woken, and who is told."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from mesh.ledger.port import Answer
from mesh.ledger.records import Change, Exhume
from mesh.ledger.writer import ENOUGH, Writer

CHANGES = (Exhume("letter-1"),)


class Commits:
    """Remembers how many writes each commit had."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.sizes: list[int] = []

    def apply(self, writes: Sequence[Sequence[Change]]) -> list[list[int]]:
        self.begun.set()
        self.sizes.append(len(writes))
        return [[] for _ in writes]


@pytest.fixture
def commits() -> Commits:
    return Commits()


@pytest.fixture
def writer(commits: Commits) -> Iterator[Writer]:
    with closing(Writer(commits.apply, lambda: None)) as opened:
        yield opened


async def told(writer: Writer, number: int) -> None:
    answered = asyncio.Event()
    for _ in range(number - 1):
        writer.submit(CHANGES, lambda _: None)
    writer.submit(CHANGES, lambda _: answered.set())
    await answered.wait()


async def test_all_that_a_turn_brings_is_one_commit(writer: Writer, commits: Commits) -> None:
    await told(writer, 20)
    assert commits.sizes == [20]


async def test_turns_that_each_bring_more_are_one_commit(writer: Writer, commits: Commits) -> None:
    for _ in range(20):
        writer.submit(CHANGES, lambda _: None)
        await asyncio.sleep(0)
    await told(writer, 1)
    assert commits.sizes == [21]


async def test_a_turn_that_brings_none_is_not_the_last(writer: Writer, commits: Commits) -> None:
    """What was delivered in it is submitted in the next."""
    writer.submit(CHANGES, lambda _: None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not commits.begun.wait(0.05)
    await told(writer, 1)
    assert commits.sizes == [2]


async def test_turns_that_never_cease_to_bring_more_put_no_commit_off(writer: Writer, commits: Commits) -> None:
    answered: list[Answer] = []
    turns = 0
    while not answered and turns < 1_000_000:
        writer.submit(CHANGES, answered.append)
        turns += 1
        await asyncio.sleep(0)
    assert answered
    await told(writer, 1)  # after which none is outstanding when the loop ends
    assert commits.sizes[0] % ENOUGH == 0  # several hand-overs, where the thread was slow to come to them


async def test_one_that_cannot_take_its_answer_is_told_of_and_costs_no_other_theirs(writer: Writer) -> None:
    raised: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context["exception"]))

    def stumble(_: Answer) -> None:
        raise ValueError("stumbled")

    writer.submit(CHANGES, stumble)
    await told(writer, 1)
    assert [str(error) for error in raised] == ["stumbled"]
