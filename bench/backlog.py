"""A ledger in which events wait for one trigger, written through the ledger itself before a mesh starts on it."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import events
from mesh_process import BROKER_KEY

from mesh.app import LEDGER_FILE
from mesh.event import Event
from mesh.ledger.records import Append, Subscribe
from mesh.ledger.sqlite import SqliteLedger

AT_ONCE = 5_000
PARTITIONS = 10


def fill(state: Path, held: str, current: str, events_waiting: int) -> None:
    """All wait for the trigger `held`; the trigger `current` is up to date."""
    state.mkdir(parents=True)
    asyncio.run(_written(state / LEDGER_FILE, held, current, events_waiting))
    os.sync()  # the system writes hundreds of megabytes back for a while, which is nothing to measure


async def _written(path: Path, held: str, current: str, events_waiting: int) -> None:
    with closing(SqliteLedger(path)) as ledger:
        await ledger.write(Subscribe(held, BROKER_KEY))
        for numbers in _batches(events_waiting):
            await ledger.write(*(_append(number) for number in numbers))
        await ledger.write(Subscribe(current, BROKER_KEY))


def _batches(count: int) -> Iterator[range]:
    return (range(first, min(first + AT_ONCE, count)) for first in range(0, count, AT_ONCE))


def _append(number: int) -> Append:
    attributes = {
        "specversion": "1.0",
        "id": f"waiting-{number}",
        "source": "//cabs/bench",
        "type": events.TYPE,
        "datacontenttype": "application/json",
    }
    event = Event(attributes, events.BODY.encode())
    return Append(BROKER_KEY, event, accepted_at=time.time(), partition=number % PARTITIONS)
