"""Statements stay prepared on a connection to Postgres itself, and never behind a pooler."""

from collections.abc import Callable

import asyncpg

from step import Connection, Context
from step.messages import Answer
from step.served import Step
from support.contracts import Ping, Pong
from support.pooler import pooler
from support.postgres import server
from support.steps import ROOT, event, post

Serve = Callable[..., Step]
TABLES = (ROOT / "src/step/inbox.sql").read_text().replace("{schema}", "tests") + "CREATE TABLE tests.one AS SELECT 1;"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"


async def prepared(_ping: Ping, context: Context) -> Pong:
    return Pong(await context.database.fetchval(PREPARED))


async def everything(_ping: Ping, context: Context) -> None:
    await context.database.fetch("SELECT * FROM tests.one")


async def answers(main: Step, *ids: str) -> list[Answer]:
    return [await main.answer(post(event("tests.ping", {"number": 1}, id=id_))) for id_ in ids]


async def test_a_statement_is_prepared_once_a_connection(
    served: Serve, database_url: str, database: Connection
) -> None:
    await database.execute(TABLES)
    main = served(prepared, environ={"DATABASE_URL": database_url, "K_SERVICE": "tests"})
    # The purge, the claim and this query; from the first reply on its storing.
    assert [reply.body for reply in await answers(main, *"abc")] == [b'{"number":%d}' % known for known in (3, 4, 4)]


async def test_an_event_between_which_a_table_got_a_column_is_tried_again(
    served: Serve, database_url: str, database: Connection
) -> None:
    await database.execute(TABLES)
    main = served(everything, environ={"DATABASE_URL": database_url, "K_SERVICE": "tests"})
    assert [reply.status for reply in await answers(main, "a")] == [200]
    await database.execute("ALTER TABLE tests.one ADD COLUMN another int")
    assert [reply.status for reply in await answers(main, "b", "b")] == [503, 200]


async def test_nothing_is_prepared_behind_a_pooler(served: Serve) -> None:
    """A name that was prepared there may be another statement in the next transaction."""
    with server() as postgres:
        connection = await asyncpg.connect(postgres.url())
        await connection.execute(TABLES)
        await connection.close()
        async with pooler(postgres.directory) as directory:
            url = postgres.url().replace(str(postgres.directory), str(directory))
            replicas = [served(prepared, environ={"DATABASE_URL": url, "K_SERVICE": "tests"}) for _ in range(2)]
            found = [await answers(replica, *ids) for replica, ids in zip(replicas, ("abc", "def"), strict=True)]
            for replica in replicas:
                replica.close()
        assert [reply.body for one in found for reply in one] == [b'{"number":0}'] * 6
