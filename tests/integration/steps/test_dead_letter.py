"""The dead letter sink, as plain functions against a real database."""

import asyncio
import base64
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cabs.events import ReplayDeadLetters
from step import Connection, Event, Reject, Unavailable
from step.served import Step
from support.steps import Outbox, context, event, get, load_step, post

step = load_step("dead-letter")
RIDE = b'{"distance_km": "far"}'


def dead(**attributes: str) -> Event:
    died = {
        "knativeerrordest": "http://invoice.cabs/",
        "knativeerrorcode": "422",
        "knativeerrordata": base64.b64encode(b"from the body").decode(),
        "reason": "bad data: caf%C3%A9",
        "knativekafkapartition": "3",
        "correlationid": "c-1",
    }
    return event("cabs.rides.complete-ride", RIDE, **died | attributes)


async def bury(database: Connection, *letters: Event) -> list[dict[str, Any]]:
    for letter in letters:
        await step.dead_letter(letter, context(database, letter))
    return await listed(database)


async def listed(database: Connection, **asked: str) -> list[dict[str, Any]]:
    letters: list[dict[str, Any]] = await step.dead_letters(asked, database)
    return letters


async def command(database: Connection, name: str, outbox: Outbox, **data: object) -> ReplayDeadLetters | None:
    sent = event(f"cabs.dead-letters.{name}", data)
    rest: ReplayDeadLetters | None = await step.dead_letter(sent, context(database, sent, sink=outbox))
    return rest


async def test_a_dead_letter_is_kept_whole(database: Connection) -> None:
    [letter] = await bury(database, dead())
    assert letter["event_id"] == "e-1"
    assert (letter["destination"], letter["code"], letter["state"]) == ("http://invoice.cabs/", 422, "open")
    assert (letter["reason"], letter["count"], letter["data"]) == ("bad data: café", 1, RIDE.decode())
    assert letter["attributes"] == dead().attributes


async def test_without_a_steps_reason_the_answers_body_is_the_reason(database: Connection) -> None:
    [letter] = await bury(database, event("t", b"\xff\x00", knativeerrordest="d", knativeerrordata="b29wcw=="))
    assert (letter["reason"], letter["code"], letter["data"], letter["data_base64"]) == (
        "oops",
        None,
        None,
        b"\xff\x00",
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"reason": "a%00b"},
        {"knativeerrordata": "a"},
        {"knativeerrorcode": "99999999999"},
        {"knativeerrordest": "ż" * 5000},
        {"id": "a\x00b", "source": "\x00", "type": "t\n", "knativeerrordest": "d\x00", "subject": "\x00"},
    ],
)
async def test_no_dead_letter_is_too_odd_to_be_kept(odd: dict[str, str], database: Connection) -> None:
    odd_letter = dead(**{"reason": ""} | odd)
    assert [letter["attributes"] for letter in await bury(database, odd_letter)] == [odd_letter.attributes]


async def test_a_dead_letter_with_control_characters_is_taken_as_it_is_delivered(
    database_url: str, served: Callable[..., Step], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "step")
    settings = {"DATABASE_URL": database_url, "K_SERVICE": "dead-letter"}
    main = served(step.dead_letter, query=step.dead_letters, once=step.is_command, environ=settings)
    assert (await main.answer(post(dead(id="a%0Ab%00")))).status == 200
    assert b'"event_id":"a\\nb"' in (await main.answer(get())).body
    assert "id=a?b? source" in caplog.text


async def test_a_dead_command_is_a_dead_letter_whatever_its_data(database: Connection) -> None:
    [letter] = await bury(database, event("cabs.dead-letters.replay", b"{bad", knativeerrordest="d"))
    assert (letter["event_type"], letter["state"]) == ("cabs.dead-letters.replay", "open")


async def test_the_same_event_has_a_letter_for_each_destination(database: Connection) -> None:
    assert len(await bury(database, dead(), dead(knativeerrordest="http://notify.cabs/"))) == 2


async def test_a_replay_sends_the_original_event_again(database: Connection) -> None:
    outbox = Outbox()
    [letter] = await bury(database, dead())
    await command(database, "replay", outbox, id=letter["id"])
    assert outbox.sent == [event("cabs.rides.complete-ride", RIDE, correlationid="c-1")]
    assert [letter["state"] for letter in await listed(database)] == ["replayed"]


async def test_a_replay_may_carry_corrected_data(database: Connection) -> None:
    outbox = Outbox()
    [letter] = await bury(database, dead())
    await command(database, "replay", outbox, id=letter["id"], data={"distance_km": "12.5"})
    assert [sent.data for sent in outbox.sent] == [b'{"distance_km":"12.5"}']


async def test_a_replay_of_a_type_sends_all_open_ones_of_it(database: Connection) -> None:
    outbox = Outbox()
    await bury(database, dead(id="1"), dead(id="2"), event("other", knativeerrordest="d"))
    await command(database, "replay", outbox, type="cabs.rides.complete-ride")
    assert sorted(sent.id for sent in outbox.sent) == ["1", "2"]
    assert [letter["event_type"] for letter in await listed(database, state="open")] == ["other"]


async def bury_many(database: Connection, number: int) -> None:
    await bury(database, *(dead(id=str(n)) for n in range(number)))


async def test_a_replay_of_many_sends_a_batch_and_answers_with_the_command_for_the_rest(database: Connection) -> None:
    outbox = Outbox()
    await bury_many(database, 2 * step.BATCH + 1)
    rest = await command(database, "replay", outbox, type="cabs.rides.complete-ride")
    left = []
    while rest:
        left.append(len(await listed(database, state="open")))
        rest = await command(database, "replay", outbox, **msgspec.json.decode(rest.encode()))
    assert left == [step.BATCH + 1, 1]
    assert {sent.id for sent in outbox.sent} == {str(n) for n in range(2 * step.BATCH + 1)}
    assert len(outbox.sent) == 2 * step.BATCH + 1


async def test_what_died_after_a_replay_began_is_left_to_the_next(database: Connection) -> None:
    outbox = Outbox()
    await bury(database, dead())
    assert await command(database, "replay", outbox, type=dead().type, until="2026-05-01T11:59:59Z") is None
    assert (outbox.sent, len(await listed(database, state="open"))) == ([], 1)


async def test_a_replay_sends_a_few_letters_at_a_time(database: Connection) -> None:
    class Crowded(Outbox):
        def __init__(self) -> None:
            super().__init__()
            self.together = asyncio.Barrier(step.SENDERS)

        async def send(self, event: Event, trace: object) -> None:
            await self.together.wait()

    await bury_many(database, 2 * step.SENDERS)
    await command(database, "replay", Crowded(), type="cabs.rides.complete-ride")
    assert await listed(database, state="open") == []


async def test_a_broker_that_is_away_leaves_the_letters_open(database: Connection) -> None:
    class Away(Outbox):
        async def send(self, event: Event, trace: object) -> None:
            raise Unavailable("the broker answered 503")

    await bury_many(database, 2)
    with pytest.raises(Unavailable, match="answered 503"):
        await command(database, "replay", Away(), type="cabs.rides.complete-ride")
    assert len(await listed(database, state="open")) == 2


async def test_letters_are_named_by_their_events_id_too(database: Connection) -> None:
    outbox = Outbox()
    await bury(database, dead(), dead(knativeerrordest="http://notify.cabs/"))
    with pytest.raises(Reject, match="not of several"):
        await command(database, "replay", outbox, id="e-1", data={})
    await command(database, "replay", outbox, id="e-1")
    assert [sent.id for sent in outbox.sent] == ["e-1", "e-1"]
    await bury(database, dead())
    await command(database, "discard", outbox, id="e-1")
    assert sorted(letter["state"] for letter in await listed(database)) == ["discarded", "replayed"]


async def test_corrected_data_that_are_null_count_as_absent(database: Connection) -> None:
    outbox = Outbox()
    [letter] = await bury(database, dead())
    await command(database, "replay", outbox, id=letter["id"], data=None)
    assert [sent.data for sent in outbox.sent] == [RIDE]


async def test_a_second_death_reopens_the_letter_and_counts(database: Connection) -> None:
    [letter] = await bury(database, dead())
    await command(database, "replay", Outbox(), id=letter["id"])
    [again] = await bury(database, dead(knativeerrorcode="500"))
    assert (again["state"], again["count"], again["code"]) == ("open", 2, 500)


async def test_a_letter_that_dies_again_during_its_replay_stays_open(database: Connection) -> None:
    class DyingAgain(Outbox):
        async def send(self, event: Event, trace: object) -> None:
            await bury(database, dead())

    [letter] = await bury(database, dead())
    await command(database, "replay", DyingAgain(), id=letter["id"])
    assert [letter["state"] for letter in await listed(database)] == ["open"]


async def test_discarded_letters_are_closed_and_not_sent(database: Connection) -> None:
    outbox = Outbox()
    [letter] = await bury(database, dead())
    await command(database, "discard", outbox, id=letter["id"])
    assert outbox.sent == []
    assert [letter["state"] for letter in await listed(database)] == ["discarded"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"id": "nobody"}, "no open dead letter has the id nobody"),
        ({"type": "nothing"}, "no open dead letter has the type nothing"),
        ({}, "either id or type"),
        ({"type": "cabs.rides.complete-ride", "data": {}}, "not of several: name its own id"),
    ],
)
async def test_a_command_that_cannot_be_done_is_rejected(
    data: dict[str, object], message: str, database: Connection
) -> None:
    await bury(database, dead(id="1"), dead(id="2"))
    with pytest.raises(Reject, match=message):
        await command(database, "replay", Outbox(), **data)


async def test_the_list_is_chosen_by_type_id_and_state(database: Connection) -> None:
    await bury(database, dead(), event("other", knativeerrordest="d", id="o"))
    [first] = await listed(database, type="cabs.rides.complete-ride")
    assert await listed(database, id=first["id"]) == await listed(database, id="e-1") == [first]
    assert await listed(database, state="discarded") == []
    with pytest.raises(Reject, match="state is one of open, replayed, discarded"):
        await listed(database, state="lost")
