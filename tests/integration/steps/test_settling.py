"""Fee, invoice and miles of a completed ride, as plain functions against a real database."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from cabs.events import RideCompleted
from step import Connection
from support.rides import COMPLETED
from support.steps import context, event, load_step, settings_of

calculate_fee = load_step("calculate-fee").calculate_fee
invoice = load_step("invoice").invoice
register_miles = load_step("register-miles").register_miles

SETTINGS = settings_of("calculate-fee")


def ride(**fields: object) -> RideCompleted:
    return RideCompleted.of(COMPLETED | fields)


async def test_the_driver_earns_the_share(database: Connection) -> None:
    reply = await calculate_fee(ride(), context(database, settings=SETTINGS))
    assert (reply.event.driver_id, reply.event.fee.plain(), reply.event.currency) == ("d-1", "21.20", "EUR")


async def test_an_invoice_bears_the_years_next_number(database: Connection) -> None:
    numbers = []
    for n, year in enumerate([2026, 2026, 2027, 2026]):
        reply = await invoice(ride(ride_id=f"r-{n}"), context(database, at=datetime(year, 5, 1, tzinfo=UTC)))
        numbers.append(reply.event.invoice_number)
    assert numbers == ["2026-000001", "2026-000002", "2027-000001", "2026-000003"]


async def test_a_million_invoices_are_no_limit(database: Connection) -> None:
    await database.execute("INSERT INTO invoice.years VALUES (2026, 999999)")
    assert (await invoice(ride(), context(database))).event.invoice_number == "2026-1000000"


async def test_miles_add_up_for_the_passenger(database: Connection) -> None:
    first = await register_miles(ride(), context(database))
    second = await register_miles(ride(ride_id="r-2", distance_km="1.610"), context(database))
    other = await register_miles(ride(ride_id="r-3", passenger_id="p-2", distance_km="1"), context(database))
    awarded = [(reply.event.miles, reply.event.balance) for reply in (first, second, other)]
    assert awarded == [(7, 7), (1, 8), (0, 0)]


@pytest.mark.parametrize("function", [calculate_fee, invoice, register_miles])
async def test_a_ride_under_another_event_id_has_no_second_effect(function: object, database: Connection) -> None:
    assert callable(function)
    first = await function(ride(), context(database, event("f", id="1"), SETTINGS))
    again = await function(ride(), context(database, event("f", id="2"), SETTINGS))
    assert again == first


async def test_numbers_have_no_gap_however_many_work_at_once_and_fail(database_url: str) -> None:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=8) as pool:
        await asyncio.gather(*(_issue(pool, ride=n % 20, fails=n % 3 == 0) for n in range(60)))
        await asyncio.gather(*(_issue(pool, ride=n, fails=False) for n in range(20)))
        numbers = await pool.fetch("SELECT invoice_number FROM invoice.invoices ORDER BY 1")
    assert [number for (number,) in numbers] == [f"2026-{n:06}" for n in range(1, 21)]


async def _issue(pool: "asyncpg.Pool[asyncpg.Record]", *, ride: int, fails: bool) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await invoice(RideCompleted.of(COMPLETED | {"ride_id": f"r-{ride}"}), context(connection))
        await (transaction.rollback() if fails else transaction.commit())
