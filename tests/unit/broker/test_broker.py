"""What a broker tells its producers, and what it takes note of."""

import asyncio

import pytest

from mesh.errors import LedgerUnavailable
from mesh.ledger.memory import MemoryLedger
from support.clock import settle
from support.delivering import Running
from support.events import event


async def test_a_producer_is_told_of_what_could_not_be_stored(ledger: MemoryLedger) -> None:
    mesh = Running(ledger)
    ledger.full = True
    with pytest.raises(LedgerUnavailable):
        await mesh.publish(event())
    assert mesh.history.find("e-1") == []


async def test_everything_that_was_stored_in_a_turn_is_taken_note_of(ledger: MemoryLedger) -> None:
    mesh = Running(ledger)
    names = [f"e-{number}" for number in range(3)]
    await asyncio.gather(*(mesh.publish(event(name)) for name in names))
    await settle()
    assert [mesh.history.find(name)[0].stored.seq for name in names] == [1, 2, 3]
