"""Stores events one after another and prints the id of each that is acknowledged, until it is killed."""

import asyncio
import itertools
import sys
from pathlib import Path

from mesh.event import Event
from mesh.ledger.records import Append, Subscribe
from mesh.ledger.sqlite import SqliteLedger


async def main(path: Path) -> None:
    ledger = SqliteLedger(path)
    await ledger.write(Subscribe("cabs/invoice", "cabs/default"))
    for number in itertools.count():
        event = Event({"specversion": "1.0", "id": f"e-{number}", "source": "/app", "type": "ride"}, b"x" * 500)
        await ledger.write(Append("cabs/default", event, 5.0))
        print(f"e-{number}", flush=True)


asyncio.run(main(Path(sys.argv[1])))
