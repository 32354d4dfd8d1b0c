"""The step's Postgres: few connections, every statement with a deadline, itself or behind a PgBouncer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from step.errors import SettingError, Unavailable
from step.settings import Settings

Record: TypeAlias = asyncpg.Record

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection[Record] | PoolConnectionProxy[Record]
    Pool: TypeAlias = asyncpg.Pool[Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

CONNECT_TIMEOUT_SECONDS = 5
# Classes of SQLSTATE that another try may cure: connection, rollback (deadlock), resources, operator, system.
AWAY = ("08", "40", "53", "57", "58")
NOT_MIGRATED = ("3F000", "42P01")


class Database:
    """Opens its pool on first need."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = asyncio.Lock()  # two first requests would make two pools
        self._pool: Pool | None = None

    @asynccontextmanager
    async def transaction(self, *, readonly: bool = False) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction; raises Unavailable when the database is away."""
        pool = await self._open()
        async with _acquired(pool) as connection:
            try:
                async with connection.transaction(readonly=readonly):
                    yield connection
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if reason := _reason_away(error, connection):
                    raise Unavailable(reason) from error
                raise

    async def open(self) -> None:
        """Open the pool and one connection; raises Unavailable when the database is away."""
        async with _acquired(await self._open()):
            pass

    def close(self) -> None:
        if self._pool:
            self._pool.terminate()

    async def _open(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await _new_pool(self._settings)
            return self._pool


async def _new_pool(settings: Settings) -> Pool:
    return await asyncpg.create_pool(
        settings.text("DATABASE_URL"),
        min_size=0,  # connections are made on demand, so that a database that is away stops nothing here
        max_size=settings.whole("DATABASE_POOL", "4"),
        connect=_connected,
        reset=_as_it_is,
        command_timeout=settings.duration("DATABASE_TIMEOUT", "PT10S").total_seconds(),
        timeout=CONNECT_TIMEOUT_SECONDS,
    )


async def _connected(*place: Any, **options: Any) -> "asyncpg.Connection[Record]":
    """Statements are parsed once a connection, but with each event where a pooler is in between.

    There the next transaction may have another server connection, on which a name may be another step's statement.
    """
    connection: asyncpg.Connection[Record] = await asyncpg.connect(*place, **options)
    if not await _is_direct(connection):
        await connection.close()
        connection = await asyncpg.connect(*place, **options, statement_cache_size=0)
    return connection


async def _is_direct(connection: Connection) -> bool:
    """Whether the process that answers is the one that greeted: poolers greet with a number of their own."""
    greeted = f"SELECT WHERE pg_backend_pid() = {connection.get_server_pid()}"
    return await connection.execute(greeted) == "SELECT 1"  # without parameters, so nothing is prepared for it


async def _as_it_is(_connection: Connection) -> None:
    """Transactions leave nothing to reset; asyncpg's four statements for that would be a round trip an event."""


@asynccontextmanager
async def _acquired(pool: Pool) -> AsyncIterator[Connection]:
    try:
        connection = await pool.acquire(timeout=CONNECT_TIMEOUT_SECONDS)
    except ValueError as error:
        raise SettingError(f"DATABASE_URL cannot be read: {error}") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"the database does not answer: {_words(error)}") from error
    try:
        yield connection
    finally:
        await pool.release(connection)


def _reason_away(error: Exception, connection: Connection) -> str | None:
    code = getattr(error, "sqlstate", None) or ""
    if code in NOT_MIGRATED:
        return f"{error}: apply the step's schema.sql first (make migrate)"
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return f"{error}; the next try is prepared anew"
    if code.startswith(AWAY) or _is_gone(connection):
        return f"the database went away: {_words(error)}"
    return None


def _is_gone(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back, which it does at once with a broken one
        return True


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
