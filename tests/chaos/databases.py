"""What the steps' databases and the ledger hold, once nothing is on its way any more."""

import asyncio
from typing import Any

import asyncpg

from chaos.history import Holdings
from support.mesh import MeshUp, get

QUERY_SECONDS = 30.0
PAUSE_SECONDS = 0.1
GIVEN_UP = "SELECT event_id, concat_ws(' ', destination, code, reason) FROM dead_letter.letters"


def holdings(mesh: MeshUp) -> Holdings:
    return asyncio.run(_holdings(mesh))


async def _holdings(mesh: MeshUp) -> Holdings:
    database = await _connected(str(mesh.state / "postgres" / "s"))
    try:
        return Holdings(
            rides=[ride for (ride,) in await rows(database, "SELECT ride_id FROM ride_completed.rides")],
            fees=await rows(database, "SELECT ride_id, fee::text FROM calculate_fee.fees"),
            invoices=await rows(database, "SELECT ride_id, invoice_number FROM invoice.invoices"),
            miles=await rows(database, "SELECT ride_id, miles FROM register_miles.awards"),
            balances=dict(await rows(database, "SELECT passenger_id, balance FROM register_miles.accounts")),
            notifications=await rows(database, "SELECT ride_id, about FROM notify.notifications"),
            settled=settled(mesh, await rows(database, "SELECT ride_id FROM ride_completed.rides")),
            given_up=dict(await rows(database, GIVEN_UP)),
            outstanding=sum(trigger["pending"] + trigger["in_flight"] for trigger in mesh.json("status")["triggers"]),
            kept=sum(letter["state"] == "kept" for letter in mesh.json("dead-letters", "list")),
        )
    finally:
        await database.close()


async def _connected(directory: str) -> Any:
    """It may have been the last to be killed, and come up again right now."""
    async with asyncio.timeout(QUERY_SECONDS):
        while True:
            try:
                return await asyncpg.connect(user="postgres", database="cabs", host=directory)
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(PAUSE_SECONDS)


async def rows(database: Any, query: str) -> list[Any]:
    return [tuple(row) for row in await database.fetch(query, timeout=QUERY_SECONDS)]


def settled(mesh: MeshUp, rides: list[tuple[str]]) -> list[str]:
    """Those of which the projection says so."""
    url = mesh.function_url("ride-status")
    return [ride for (ride,) in rides if get(f"{url}/?ride_id={ride}")[1].get("state") == "settled"]
