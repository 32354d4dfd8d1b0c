"""The mesh's ingress with something else behind it than the ledger: nothing, or an insert into Postgres for each event.

`python bench/ingress_alone.py [DATABASE_URL]` says its port.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

import asyncpg
import msgspec
import uvloop

from mesh.broker.broker_class import KAFKA
from mesh.clock import SystemClock
from mesh.event import Event
from mesh.listening import bound
from mesh.options import Address
from mesh.receiver.ingress import Ingress
from mesh.receiver.listener import Listener

CONNECTIONS = 16
TABLE = "CREATE TABLE events (seq bigserial PRIMARY KEY, id text NOT NULL, event bytea NOT NULL)"
INSERT = "INSERT INTO events (id, event) VALUES ($1, $2)"


class Nothing:
    """Implements `Inlet`: all is well at once."""

    broker_class = KAFKA

    def publish(self, event: Event, then: Callable[[bool], None]) -> None:  # noqa: ARG002
        then(True)


class Postgres:
    """Implements `Inlet`: an event is a row."""

    broker_class = KAFKA

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    def publish(self, event: Event, then: Callable[[bool], None]) -> None:
        asyncio.ensure_future(self._insert(event)).add_done_callback(lambda done: then(done.result()))

    async def _insert(self, event: Event) -> bool:
        await self._pool.execute(INSERT, event.id, msgspec.msgpack.encode(event))
        return True


async def main(database: str | None) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with AsyncExitStack() as stack:
        inlet: Nothing | Postgres = Nothing()
        if database is not None:
            pool = await stack.enter_async_context(
                asyncpg.create_pool(database, min_size=CONNECTIONS, max_size=CONNECTIONS)
            )
            await pool.execute(TABLE)
            inlet = Postgres(pool)
        sockets = stack.enter_context(bound(Address("127.0.0.1", 0), "--listen"))
        listener = Listener(Ingress({"bench/default": inlet}, SystemClock()), sockets)
        await listener.start()
        print(listener.url.rpartition(":")[2], flush=True)
        await stopping.wait()
        await listener.stop(1.0)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1] if sys.argv[1:] else None))
