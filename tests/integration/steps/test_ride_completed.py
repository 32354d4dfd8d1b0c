"""Completing a ride, as a plain function against a real database."""

import pytest

from cabs.events import CompleteRide
from step import Connection, Reject
from support.rides import RIDE
from support.steps import context, event, load_step, settings_of

SETTINGS = settings_of("ride-completed")
step = load_step("ride-completed")


def command(**fields: object) -> CompleteRide:
    return CompleteRide.of(RIDE | fields)


async def test_a_ride_gets_its_price(database: Connection) -> None:
    reply = await step.complete(command(), context(database, settings=SETTINGS))
    assert (reply.event.price.plain(), reply.event.currency, reply.event.distance_km.plain()) == (
        "26.50",
        "EUR",
        "12.5",
    )


async def test_the_same_ride_under_another_event_id_gets_the_first_reply(database: Connection) -> None:
    first = await step.complete(command(), context(database, event("c", id="1"), SETTINGS))
    again = await step.complete(command(distance_km="12.50"), context(database, event("c", id="2"), SETTINGS))
    assert again == first


async def test_the_first_price_stands_when_the_tariff_changes(database: Connection) -> None:
    await step.complete(command(), context(database, settings=SETTINGS))
    again = await step.complete(command(), context(database, settings=SETTINGS | {"FARE_BASE": "99"}))
    assert again.event.price.plain() == "26.50"


@pytest.mark.parametrize(
    "other", [{"distance_km": "12.6"}, {"duration_min": 31}, {"driver_id": "d-2"}, {"passenger_id": "p-2"}]
)
async def test_the_same_ride_with_other_data_is_rejected(database: Connection, other: dict[str, object]) -> None:
    await step.complete(command(), context(database, settings=SETTINGS))
    with pytest.raises(Reject, match="ride r-1 is already completed, with other data"):
        await step.complete(command(**other), context(database, settings=SETTINGS))


async def test_the_longest_ride_that_is_accepted_can_be_completed(database: Connection) -> None:
    longest = command(distance_km="999999.999", duration_min=999999)
    reply = await step.complete(longest, context(database, settings=SETTINGS))
    assert reply.event.price.plain() == "1500002.20"
