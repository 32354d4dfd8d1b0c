"""A backlog is on the disk: what waits there takes no memory, however much it is."""

import asyncio
import gc
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from mesh.broker import history
from mesh.broker.dispatcher import WINDOW
from mesh.ledger.sqlite import SqliteLedger
from support.clock import until
from support.delivering import SUBSCRIBER, Running, answer, retrying, routed, trigger
from support.events import BROKER, event

TEN_KB = b"x" * 10_000
MORE = 2000


async def test_two_thousand_events_more_in_the_backlog_are_none_more_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "EVENTS_KEPT", 100)
    with closing(SqliteLedger(tmp_path / "ledger.sqlite")) as ledger:
        mesh = Running(ledger)
        mesh.client.always[SUBSCRIBER] = answer(503)
        async with mesh.dispatching(routed(trigger(), retrying())):
            await published(mesh, 300)
            await until(lambda: len(mesh.client.requests) == WINDOW)
            tracemalloc.start()
            await published(mesh, MORE)
            gc.collect()
            grown_bytes, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert len(mesh.client.requests) == WINDOW
            assert len(ledger.read(BROKER, 0, 10_000)) == 300 + MORE
    assert grown_bytes < MORE * len(TEN_KB) / 10


async def published(mesh: Running, number: int) -> None:
    await asyncio.gather(*(mesh.publish(event(f"e-{each}", data=TEN_KB)) for each in range(number)))
