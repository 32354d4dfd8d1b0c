"""A completed ride earns its driver a share of the price, once."""

from cabs.events import DriverFee, RideCompleted
from cabs.fares import driver_fee
from step import Context, Reply, step

RECORD_FEE = """
INSERT INTO calculate_fee.fees AS first (ride_id, driver_id, fee, currency, cause)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (ride_id) DO UPDATE SET ride_id = first.ride_id  -- changes nothing, and returns the first fee
RETURNING *
"""


async def calculate_fee(ride: RideCompleted, context: Context) -> Reply[DriverFee]:
    fee = driver_fee(ride.price, context.settings.share("DRIVER_SHARE"))
    [first] = await context.database.fetch(RECORD_FEE, ride.ride_id, ride.driver_id, fee, ride.currency, context.cause)
    return Reply(DriverFee.of(first), to=first["cause"])


main, new = step(calculate_fee)
