"""A completed ride is worth a mile for each full mile, added to the passenger's balance once."""

from cabs.events import MilesAwarded, RideCompleted
from cabs.fares import miles
from step import Context, Reply, step

AWARD = """
INSERT INTO register_miles.awards AS first (ride_id, passenger_id, miles, cause)
VALUES ($1, $2, $3, $4)
ON CONFLICT (ride_id) DO UPDATE SET ride_id = first.ride_id  -- changes nothing, and returns the first award
RETURNING *
"""
ADD_UP = """
INSERT INTO register_miles.accounts AS account (passenger_id, balance) VALUES ($1, $2)
ON CONFLICT (passenger_id) DO UPDATE SET balance = account.balance + excluded.balance
RETURNING balance
"""
KEEP_BALANCE = "UPDATE register_miles.awards SET balance = $2 WHERE ride_id = $1 RETURNING *"


async def register_miles(ride: RideCompleted, context: Context) -> Reply[MilesAwarded]:
    database, worth = context.database, miles(ride.distance_km)
    [award] = await database.fetch(AWARD, ride.ride_id, ride.passenger_id, worth, context.cause)
    if award["balance"] is None:
        balance = await database.fetchval(ADD_UP, ride.passenger_id, worth)
        [award] = await database.fetch(KEEP_BALANCE, ride.ride_id, balance)
    return Reply(MilesAwarded.of(award), to=award["cause"])


main, new = step(register_miles)
