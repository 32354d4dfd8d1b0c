"""A completed ride is invoiced once; the numbers of a year are consecutive."""

from cabs.events import InvoiceIssued, RideCompleted
from step import Context, Reply, step

ISSUE = """
INSERT INTO invoice.invoices AS first (ride_id, passenger_id, amount, currency, issued_at, cause)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (ride_id) DO UPDATE SET ride_id = first.ride_id  -- changes nothing, and returns the first invoice
RETURNING *
"""
# Holds the year's row until the commit: no number is taken twice, and none is lost by a rollback.
NEXT_NUMBER = """
INSERT INTO invoice.years AS year (year, issued) VALUES ($1, 1)
ON CONFLICT (year) DO UPDATE SET issued = year.issued + 1
RETURNING issued
"""
NUMBER = "UPDATE invoice.invoices SET invoice_number = $2 WHERE ride_id = $1 RETURNING *"


async def invoice(ride: RideCompleted, context: Context) -> Reply[InvoiceIssued]:
    database, today = context.database, context.now()
    [issued] = await database.fetch(
        ISSUE, ride.ride_id, ride.passenger_id, ride.price, ride.currency, today, context.cause
    )
    if issued["invoice_number"] is None:
        number = await database.fetchval(NEXT_NUMBER, today.year)
        [issued] = await database.fetch(NUMBER, ride.ride_id, f"{today.year}-{number:06}")
    return Reply(InvoiceIssued.of(issued), to=issued["cause"])


main, new = step(invoice)
