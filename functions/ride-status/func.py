"""How far a ride has settled: a projection of every fact about it, in whatever order they arrive."""

from collections.abc import Mapping
from typing import assert_never

from cabs.events import DriverFee, InvoiceIssued, MilesAwarded, NotificationSent, RideCompleted
from step import Connection, Context, Reject, step

Fact = RideCompleted | DriverFee | InvoiceIssued | MilesAwarded | NotificationSent

LEARN = """
INSERT INTO ride_status.rides AS known (ride_id, price, currency, driver_fee, invoice_number, miles)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (ride_id) DO UPDATE SET
    price          = coalesce(known.price, excluded.price),
    currency       = coalesce(known.currency, excluded.currency),
    driver_fee     = coalesce(known.driver_fee, excluded.driver_fee),
    invoice_number = coalesce(known.invoice_number, excluded.invoice_number),
    miles          = coalesce(known.miles, excluded.miles)
"""
LEARN_NOTIFICATION = """
INSERT INTO ride_status.notifications (ride_id, about, recipient, channel)
VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
RIDE = "SELECT price, currency, driver_fee, invoice_number, miles FROM ride_status.rides WHERE ride_id = $1"
NOTIFICATIONS = """
SELECT about, recipient, channel FROM ride_status.notifications
WHERE ride_id = $1 ORDER BY array_position(ARRAY['invoice', 'miles', 'fee'], about)
"""
LEARNT_FROM = {
    "price": "ride-completed",
    "driver_fee": "calculate-fee",
    "invoice_number": "invoice",
    "miles": "register-miles",
}
NOTIFICATIONS_OF_A_RIDE = 3


async def project(fact: Fact, context: Context) -> None:
    await context.database.execute(LEARN, fact.ride_id, *learnt(fact))
    if isinstance(fact, NotificationSent):
        notification = fact.ride_id, fact.about, fact.recipient, fact.channel
        await context.database.execute(LEARN_NOTIFICATION, *notification)


def learnt(fact: Fact) -> tuple[object, ...]:
    """Price, currency, driver's fee, invoice number and miles, as far as this fact tells them."""
    match fact:
        case RideCompleted():
            return fact.price, fact.currency, None, None, None
        case DriverFee():
            return None, None, fact.fee, None, None
        case InvoiceIssued():
            return None, None, None, fact.invoice_number, None
        case MilesAwarded():
            return None, None, None, None, fact.miles
        case NotificationSent():
            return None, None, None, None, None
        case _:
            assert_never(fact)


async def ride_status(asked: Mapping[str, str], database: Connection) -> Mapping[str, object] | None:
    if "ride_id" not in asked:
        raise Reject("say which ride: GET /?ride_id=r-1")
    ride = await database.fetchrow(RIDE, asked["ride_id"])
    if ride is None:
        return None
    notifications = [dict(sent) for sent in await database.fetch(NOTIFICATIONS, asked["ride_id"])]
    outstanding = [name for column, name in LEARNT_FROM.items() if ride[column] is None]
    if len(notifications) < NOTIFICATIONS_OF_A_RIDE:
        outstanding.append("notify")
    state = "settling" if outstanding else "settled"
    told = {"notifications": notifications, "outstanding": outstanding}
    return {"ride_id": asked["ride_id"], "state": state, **ride, **told}


main, new = step(project, query=ride_status)
