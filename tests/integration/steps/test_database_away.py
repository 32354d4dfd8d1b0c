"""The database killed under a step, and back again."""

import asyncio
import signal
from collections.abc import Callable, Mapping

import asyncpg

from step import Connection, Context
from step.served import Step
from support.contracts import Ping, Pong
from support.postgres import server
from support.steps import ROOT, event, get, post

INBOX = (ROOT / "src/step/inbox.sql").read_text().replace("{schema}", "tests")


async def slow(ping: Ping, context: Context) -> Pong:
    await context.database.execute("SELECT pg_sleep($1)", float(ping.number))
    return Pong(ping.number)


async def one(_asked: Mapping[str, str], database: Connection) -> object:
    return await database.fetchval("SELECT 1")


async def status(main: Step, number: int, id_: str) -> int:
    return (await main.answer(post(event("tests.ping", {"number": number}, id=id_)))).status


async def test_a_killed_database_is_503_until_it_is_back(served: Callable[..., Step]) -> None:
    with server() as postgres:
        connection = await asyncpg.connect(postgres.url())
        await connection.execute(INBOX)
        main = served(slow, one, environ={"DATABASE_URL": postgres.url(), "K_SERVICE": "tests"})
        assert await status(main, 0, "before") == 200
        working = asyncio.create_task(status(main, 20, "during"))
        await until_sleeping(connection)
        connection.terminate()
        postgres.stop(signal.SIGQUIT)  # at once, as after a crash
        assert await working == 503
        assert await status(main, 0, "away") == 503
        assert (await main.answer(get())).status == 503
        postgres.start()
        assert [await status(main, 0, id_) for id_ in ("before", "during", "away")] == [200, 200, 200]


async def until_sleeping(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid <> pg_backend_pid()"
    while not await connection.fetchval(sleeping):
        await connection.execute("SELECT pg_sleep(0.01)")
