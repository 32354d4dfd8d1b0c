"""The dead letter sink, as plain functions against a real database."""

import base64
from typing import Any

import pytest

from step import Connection, Event, Reject
from support.steps import Outbox, context, event, load_step

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


async def command(database: Connection, name: str, outbox: Outbox, **data: object) -> None:
    sent = event(f"cabs.dead-letters.{name}", data)
    await step.dead_letter(sent, context(database, sent, sink=outbox))


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
    ],
)
async def test_no_dead_letter_is_too_odd_to_be_kept(odd: dict[str, str], database: Connection) -> None:
    odd_letter = dead(**{"reason": ""} | odd)
    assert [letter["attributes"] for letter in await bury(database, odd_letter)] == [odd_letter.attributes]


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
        ({"type": "cabs.rides.complete-ride", "data": {}}, "not of 2: name its id"),
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
