"""The inbox: an event takes effect once, and its repeats get the reply that was stored then."""

import itertools
from datetime import timedelta

import msgspec

from step.database import Connection
from step.errors import Reject
from step.event import Event

KEY_LIMIT_BYTES = 1000  # of source and of id; together they must fit into an index row of 2,704
PURGE_EVERY = 100  # events of a replica, from its first on: done with each one, it takes a fifth of Postgres' time

# A second delivery waits here until the first has committed or rolled back.
CLAIM = "INSERT INTO {inbox} (source, id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"
# Twice as many rows as have come meanwhile, so that the inbox shrinks.
PURGE = """
DELETE FROM {inbox} WHERE ctid IN (
    SELECT ctid FROM {inbox} WHERE received_at < now() - $3::interval AND (source, id) <> ($1, $2)
    ORDER BY received_at LIMIT 200 FOR UPDATE SKIP LOCKED)
"""
RECALL = "SELECT reply_attributes, reply_data FROM {inbox} WHERE source = $1 AND id = $2"
STORE = "UPDATE {inbox} SET reply_attributes = $3, reply_data = $4 WHERE source = $1 AND id = $2"


class Inbox:
    """The inbox table of one step, used within the step's own transaction."""

    def __init__(self, schema: str, retention: timedelta) -> None:
        self._retention = retention
        self._events = itertools.count()
        self._claim, self._purge, self._recall, self._store = (
            statement.format(inbox=f'"{schema}".inbox') for statement in (CLAIM, PURGE, RECALL, STORE)
        )

    async def claim(self, database: Connection, event: Event) -> bool:
        """True for the delivery that is to do the work; now and then purges rows older than the retention."""
        if max(len(event.source.encode()), len(event.id.encode())) > KEY_LIMIT_BYTES:
            raise Reject(f"source and id are limited to {KEY_LIMIT_BYTES} bytes each")
        if next(self._events) % PURGE_EVERY == 0:
            await database.execute(self._purge, event.source, event.id, self._retention)
        return bool(await database.fetchval(self._claim, event.source, event.id))

    async def recall(self, database: Connection, event: Event) -> Event | None:
        """The reply that was stored for that event."""
        row = await database.fetchrow(self._recall, event.source, event.id)
        if row is None or row["reply_attributes"] is None:
            return None
        return Event(msgspec.json.decode(row["reply_attributes"], type=dict[str, str]), row["reply_data"])

    async def store(self, database: Connection, event: Event, reply: Event) -> None:
        attributes = msgspec.json.encode({k: str(v) for k, v in reply.attributes.items()}).decode()
        await database.execute(self._store, event.source, event.id, attributes, reply.data)
