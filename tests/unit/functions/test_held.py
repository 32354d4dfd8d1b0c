"""Requests that wait: first come, first served, bounded, with a deadline."""

import asyncio

import pytest

from mesh.errors import StartFailed
from mesh.functions import held
from mesh.functions.held import Held
from mesh.functions.slot import Slot
from support.hosted import ReplicaDouble, settle


def slot(name: str = "invoice-00001-1") -> Slot:
    return Slot(ReplicaDouble(name, "http://replica"), 1, 0.0)  # type: ignore[arg-type]


@pytest.fixture
def given_back() -> list[Slot]:
    return []


@pytest.fixture
def waiting(given_back: list[Slot]) -> Held:
    return Held("invoice", given_back.append)


async def test_who_came_first_is_served_first(waiting: Held) -> None:
    tasks = [asyncio.create_task(waiting.slot()) for _ in range(3)]
    await settle()
    slots = [slot("first"), slot("second")]
    left = list(slots)
    waiting.hand_out(lambda: left.pop(0) if left else None)
    assert await asyncio.gather(*tasks[:2]) == slots
    assert not tasks[2].done()
    assert len(waiting) == 1
    tasks[2].cancel()


async def test_one_that_goes_away_is_passed_over(waiting: Held) -> None:
    gone, stays = asyncio.create_task(waiting.slot()), asyncio.create_task(waiting.slot())
    await settle()
    gone.cancel()
    await settle()
    one = [slot()]
    waiting.hand_out(lambda: one.pop() if one else None)
    assert (await stays).replica.name == "invoice-00001-1"


async def test_one_that_goes_away_as_its_slot_comes_gives_it_back(waiting: Held, given_back: list[Slot]) -> None:
    gone = asyncio.create_task(waiting.slot())
    await settle()
    one = [slot()]
    waiting.hand_out(lambda: one.pop() if one else None)
    gone.cancel()
    await settle()
    assert [given.replica.name for given in given_back] == ["invoice-00001-1"]


async def test_too_many_are_refused_with_the_function_and_a_remedy(
    waiting: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "HELD_AT_MOST", 2)
    tasks = [asyncio.create_task(waiting.slot()) for _ in range(2)]
    await settle()
    with pytest.raises(StartFailed, match=r"2 requests wait for a replica of function invoice: raise scale\.max or"):
        await waiting.slot()
    for task in tasks:
        task.cancel()


async def test_one_that_waits_too_long_is_told_so_and_waits_no_more(
    waiting: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "HELD_SECONDS", 0)
    with pytest.raises(StartFailed, match=r"no replica of function invoice was free within 0 s: raise scale\.max"):
        await waiting.slot()
    assert not waiting


async def test_all_are_told_why_there_will_be_none(waiting: Held) -> None:
    tasks = [asyncio.create_task(waiting.slot()) for _ in range(2)]
    await settle()
    waiting.refuse(StartFailed("broken"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(result) for result in results] == ["broken", "broken"]
