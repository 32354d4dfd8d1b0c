"""The mesh's own list of dead letters: shown, replayed, discarded."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from mesh.broker import dead_letters as module
from mesh.broker.dead_letters import DeadLetters
from mesh.control import shapes
from mesh.control.shapes import Done, Replay
from mesh.errors import NotDone, NotFound, UsageError
from mesh.ledger.memory import MemoryLedger
from mesh.ledger.records import Bury, Letter
from mesh.ledger.sqlite import SqliteLedger
from support.clock import until
from support.delivering import SUBSCRIBER, Running, answer, retrying, routed, trigger
from support.events import BROKER, event, failure, letter

MEGABYTE = b"x" * 1_000_000
ROUTE = routed(trigger(), retrying(sink=None))
OTHER = routed(trigger("notify"), retrying(sink=None))


@pytest.fixture
async def running(mesh: Running) -> AsyncIterator[Running]:
    async with mesh.dispatching(ROUTE, OTHER):
        yield mesh


@pytest.fixture
async def dead_letters(running: Running, ledger: MemoryLedger) -> DeadLetters:
    await ledger.write(Bury(letter("l-1")), Bury(letter("l-2", "sunk")), Bury(letter("l-3", trigger="cabs/gone")))
    return DeadLetters({BROKER: running.broker}, ledger, running.history)


def ids(ledger: MemoryLedger) -> list[str]:
    return [one.id for one in ledger.letters()]


async def test_letters_are_listed_and_counted_by_type_trigger_and_state(dead_letters: DeadLetters) -> None:
    assert [one.id for one in await dead_letters.listed(None, None)] == ["l-1", "l-2", "l-3"]
    assert [one.id for one in await dead_letters.listed("ride", "cabs/gone")] == ["l-3"]
    assert await dead_letters.listed("fee", None) == []
    assert dead_letters.kept(None, None) == 2
    assert dead_letters.by_trigger()["cabs/invoice"] == 2


async def test_a_letter_is_shown_with_its_event(dead_letters: DeadLetters) -> None:
    shown = dead_letters.show("l-1")
    assert (shown.attributes, shown.data, shown.data_base64) == (event().attributes, '{"km":"12.50"}', None)
    assert (shown.letter.code, shown.letter.reason, shown.letter.died_at) == (
        422,
        failure().reason,
        "1970-01-01T00:00:07.000Z",
    )


async def test_of_many_letters_the_oldest_are_listed(
    dead_letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "MOST_LETTERS", 2)
    assert [one.id for one in await dead_letters.listed(None, None)] == ["l-1", "l-2"]


@pytest.mark.parametrize(("data", "text", "encoded"), [(None, None, None), (b"\xff", None, "/w=="), (b"", "", None)])
async def test_data_that_is_no_text_is_shown_as_base64(
    dead_letters: DeadLetters, ledger: MemoryLedger, data: bytes | None, text: str | None, encoded: str | None
) -> None:
    one = letter("odd")
    odd = type(one)("odd", "kept", one.trigger, one.broker, 7.0, event(data=data), one.failure)
    await ledger.write(Bury(odd))
    shown = dead_letters.show("odd")
    assert (shown.data, shown.data_base64) == (text, encoded)


async def test_a_replay_goes_to_the_trigger_that_failed_alone_and_leaves_the_list(
    dead_letters: DeadLetters, running: Running, ledger: MemoryLedger
) -> None:
    assert await dead_letters.replay(Replay(ids=["l-1"])) == Done(ids=["l-1"])
    await running.clock.advance(0)
    assert running.client.events(SUBSCRIBER) == [event()]
    assert running.client.events("http://notify") == []
    assert ids(ledger) == ["l-2", "l-3"]


async def test_a_replay_may_carry_other_data(dead_letters: DeadLetters, running: Running) -> None:
    await dead_letters.replay(Replay(ids=["l-1"], data='{"km":"9"}'))
    await running.clock.advance(0)
    assert running.client.events(SUBSCRIBER) == [event(data=b'{"km":"9"}')]


async def test_other_data_must_be_json_where_the_event_says_that_it_is(
    dead_letters: DeadLetters, running: Running, ledger: MemoryLedger
) -> None:
    one = letter("json")
    of_json = event(datacontenttype="application/json; charset=utf-8")
    await ledger.write(Bury(type(one)("json", "kept", one.trigger, one.broker, 7.0, of_json, one.failure)))
    with pytest.raises(UsageError, match="the new data of dead letter json is no JSON"):
        await dead_letters.replay(Replay(ids=["json"], data='{"a":'))
    await running.clock.advance(0)
    assert running.client.requests == []
    assert "json" in ids(ledger)


async def test_a_replay_that_fails_again_is_a_new_letter(
    dead_letters: DeadLetters, running: Running, ledger: MemoryLedger
) -> None:
    running.client.answers[SUBSCRIBER] = [answer(422)]
    await dead_letters.replay(Replay(ids=["l-1"]))
    await running.clock.advance(0)
    assert len(ids(ledger)) == 3
    assert "l-1" not in ids(ledger)


async def test_a_letter_that_is_named_twice_is_replayed_once(dead_letters: DeadLetters, running: Running) -> None:
    assert await dead_letters.replay(Replay(ids=["l-1", "l-1"])) == Done(ids=["l-1"])
    await running.clock.advance(0)
    assert len(running.client.requests) == 1


async def test_two_operators_at_once_replay_a_letter_once(tmp_path: Path) -> None:
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        mesh = Running(ledger)
        await ledger.write(Bury(letter("l-1")))
        async with mesh.dispatching(ROUTE):
            dead_letters = DeadLetters({BROKER: mesh.broker}, ledger, mesh.history)
            asked = [dead_letters.replay(Replay(ids=["l-1"])) for _ in range(2)]
            first, second = await asyncio.gather(*asked, return_exceptions=True)
            await until(lambda: not ledger.read(BROKER, 0, 10))
    assert first == Done(ids=["l-1"])
    assert str(second) == "dead letter l-1 is being replayed or discarded already"
    assert len(mesh.client.requests) == 1


async def test_a_letter_of_a_trigger_that_is_gone_cannot_be_replayed_and_stays(
    dead_letters: DeadLetters, ledger: MemoryLedger
) -> None:
    with pytest.raises(NotDone, match="dead letter l-3 is for trigger cabs/gone, which no manifest declares now"):
        await dead_letters.replay(Replay(ids=["l-3"]))
    assert "l-3" in ids(ledger)


async def test_nothing_is_replayed_when_one_of_the_ids_is_unknown(dead_letters: DeadLetters, running: Running) -> None:
    with pytest.raises(NotFound, match="no dead letter l-9: `mesh dead-letters list` shows their ids"):
        await dead_letters.replay(Replay(ids=["l-1", "l-9"]))
    await running.clock.advance(0)
    assert running.client.requests == []


async def test_of_all_the_oldest_are_replayed_and_the_others_counted(
    dead_letters: DeadLetters, ledger: MemoryLedger
) -> None:
    assert await dead_letters.replay(Replay(all=True, most=1)) == Done(ids=["l-1"], left=2)
    assert await dead_letters.replay(Replay(all=True, most=1)) == Done(ids=["l-2"], left=1)
    assert ids(ledger) == ["l-3"]


async def test_an_error_is_told_beside_what_is_done(
    dead_letters: DeadLetters, ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    await ledger.write(Bury(letter("l-4")), Bury(letter("l-5")))
    error = "dead letter l-3 is for trigger cabs/gone, which no manifest declares now"
    assert await dead_letters.replay(Replay(all=True)) == Done(ids=["l-1", "l-2", "l-4"], left=2, error=error)
    assert ids(ledger) == ["l-3", "l-5"]
    with pytest.raises(NotFound, match="no dead letter l-9"):
        await dead_letters.discard(["l-5", "l-9"])


async def test_two_operators_at_once_replay_or_discard_a_letter_once(
    dead_letters: DeadLetters, running: Running
) -> None:
    asked = (dead_letters.discard(["l-1"]), dead_letters.replay(Replay(ids=["l-1"])))
    first, second = await asyncio.gather(*asked, return_exceptions=True)
    await running.clock.advance(0)
    assert first == Done(ids=["l-1"])
    assert isinstance(second, NotFound)
    assert running.client.requests == []


async def test_the_loop_keeps_turning_while_many_letters_are_discarded(tmp_path: Path, running: Running) -> None:
    names = [f"l-{number}" for number in range(1_000)]
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        await ledger.write(*(Bury(letter(name)) for name in names))
        dead_letters = DeadLetters({BROKER: running.broker}, ledger, running.history)
        discarding = asyncio.ensure_future(dead_letters.discard(names))
        seen = set()
        while not discarding.done():
            seen.add(dead_letters.kept(None, None))
            await asyncio.sleep(0)
    assert discarding.result() == Done(ids=names)
    assert len(seen) > 10


async def test_discarding_takes_letters_off_the_list_and_delivers_nothing(
    dead_letters: DeadLetters, running: Running, ledger: MemoryLedger
) -> None:
    assert await dead_letters.discard(["l-1", "l-3"]) == Done(ids=["l-1", "l-3"])
    await running.clock.advance(0)
    assert (ids(ledger), running.client.requests) == (["l-2"], [])


async def test_a_list_holds_no_more_than_one_letter_s_data(tmp_path: Path, running: Running) -> None:
    one = letter()
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        for number in range(50):
            await ledger.write(Bury(type(one)(f"l-{number}", "kept", *_about(one), event(data=MEGABYTE), one.failure)))
        tracemalloc.start()
        listed = await DeadLetters({BROKER: running.broker}, ledger, running.history).listed(None, None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(listed) == 50
    assert most < 10 * len(MEGABYTE)


def _about(one: Letter) -> tuple[str, str, float]:
    return one.trigger, one.broker, one.died_at
