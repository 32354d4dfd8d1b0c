"""A ride is completed once, at the tariff's price."""

from cabs.events import CompleteRide, RideCompleted
from cabs.fares import Tariff, price
from step import Context, Record, Reject, Reply, step

COMPLETE = """
INSERT INTO ride_completed.rides AS first
    (ride_id, passenger_id, driver_id, distance_km, duration_min, price, currency, completed_at, cause)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (ride_id) DO UPDATE SET ride_id = first.ride_id  -- changes nothing, and returns the first completion
RETURNING *
"""


async def complete(ride: CompleteRide, context: Context) -> Reply[RideCompleted]:
    asked = (ride.ride_id, ride.passenger_id, ride.driver_id, ride.distance_km, ride.duration_min)
    due = price(tariff(context), ride.distance_km, ride.duration_min)
    currency = context.settings.matching("CURRENCY", "[A-Z]{3}", "three capitals such as EUR")
    [first] = await context.database.fetch(COMPLETE, *asked, due, currency, context.now(), context.cause)
    if asked != completed(first):
        raise Reject(f"ride {ride.ride_id} is already completed, with other data")
    return Reply(RideCompleted.of(first), to=first["cause"])


def tariff(context: Context) -> Tariff:
    rate = context.settings.rate
    return Tariff(base=rate("FARE_BASE"), per_km=rate("FARE_PER_KM"), per_minute=rate("FARE_PER_MINUTE"))


def completed(first: Record) -> tuple[object, ...]:
    return tuple(first[name] for name in ("ride_id", "passenger_id", "driver_id", "distance_km", "duration_min"))


main, new = step(complete)
