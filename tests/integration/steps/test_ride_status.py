"""The projection, as plain functions against a real database."""

import itertools
from decimal import Decimal

import pytest

from cabs.contract import Contract
from cabs.events import DriverFee, InvoiceIssued, MilesAwarded, NotificationSent, RideCompleted
from step import Connection, Reject
from support import rides
from support.steps import context, load_step

step = load_step("ride-status")

COMPLETED = RideCompleted.of(rides.COMPLETED)
FEE = DriverFee.of(rides.FEE)
INVOICE = InvoiceIssued.of(rides.INVOICE)
MILES = MilesAwarded.of(rides.MILES | {"miles": 0, "balance": 12})
TOLD = [
    NotificationSent.of({"ride_id": "r-1", "about": about, "recipient": recipient, "channel": "log"})
    for about, recipient in (("fee", "d-1"), ("miles", "p-1"), ("invoice", "p-1"))
]
SETTLED = {
    "ride_id": "r-1",
    "state": "settled",
    "price": Decimal("26.50"),
    "currency": "EUR",
    "driver_fee": Decimal("21.20"),
    "invoice_number": "2026-000001",
    "miles": 0,
    "notifications": [
        {"about": "invoice", "recipient": "p-1", "channel": "log"},
        {"about": "miles", "recipient": "p-1", "channel": "log"},
        {"about": "fee", "recipient": "d-1", "channel": "log"},
    ],
    "outstanding": [],
}


async def status_after(database: Connection, *facts: Contract) -> dict[str, object]:
    for fact in facts:
        await step.project(fact, context(database))
    status = await step.ride_status({"ride_id": "r-1"}, database)
    assert isinstance(status, dict)
    return status


@pytest.mark.parametrize("order", list(itertools.permutations([COMPLETED, FEE, INVOICE, MILES]))[::5])
async def test_facts_may_arrive_in_any_order(order: tuple[Contract, ...], database: Connection) -> None:
    status = await status_after(database, *TOLD, *order, *order)
    assert status == SETTLED


async def test_what_is_not_known_yet_is_null_and_outstanding(database: Connection) -> None:
    assert await status_after(database, TOLD[0]) == {
        "ride_id": "r-1",
        "state": "settling",
        "price": None,
        "currency": None,
        "driver_fee": None,
        "invoice_number": None,
        "miles": None,
        "notifications": [{"about": "fee", "recipient": "d-1", "channel": "log"}],
        "outstanding": ["ride-completed", "calculate-fee", "invoice", "register-miles", "notify"],
    }


async def test_a_ride_is_settling_until_all_three_notifications_are_sent(database: Connection) -> None:
    status = await status_after(database, COMPLETED, FEE, INVOICE, MILES, *TOLD[:2])
    assert (status["state"], status["outstanding"]) == ("settling", ["notify"])


async def test_a_ride_that_was_not_heard_of_is_unknown(database: Connection) -> None:
    assert await step.ride_status({"ride_id": "r-9"}, database) is None


async def test_a_query_must_say_which_ride(database: Connection) -> None:
    with pytest.raises(Reject, match="say which ride"):
        await step.ride_status({}, database)
