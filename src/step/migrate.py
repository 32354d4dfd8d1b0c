"""`python -m step.migrate SCHEMA.sql …` applies staged schema files to DATABASE_URL."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from step.errors import SettingError, StepError, Unavailable
from step.settings import Settings

CONNECT_TIMEOUT_SECONDS = 10
LOCK = 0x6D696772  # any number, the same for all migrations: they go one after another
DEADLINE_SECONDS = 120


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Exit status: 0 applied, 1 not applied, 2 wrong usage."""
    if not arguments:
        print("usage: python -m step.migrate SCHEMA.sql …", file=sys.stderr)  # noqa: T201 - a command
        return 2
    try:
        asyncio.run(migrate([Path(argument) for argument in arguments], Settings(environ)))
    except StepError as error:
        print(f"migrate: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def migrate(schemas: Sequence[Path], settings: Settings) -> None:
    """Apply each file whole or not at all, one migration at a time; raises SettingError or Unavailable."""
    connection = await _connected(settings.text("DATABASE_URL"))
    try:
        for schema in schemas:
            await _apply(schema, connection)
    finally:
        connection.terminate()


async def _apply(schema: Path, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    script = _script(schema)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS), connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            await connection.execute(script)
    except (asyncpg.PostgresError, OSError) as error:
        raise Unavailable(f"{schema} was not applied: {str(error) or type(error).__name__}") from error


def _script(schema: Path) -> str:
    try:
        return schema.read_text()
    except OSError as error:
        raise SettingError(f"cannot read {schema}: {error.strerror}") from error


async def _connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, statement_cache_size=0, timeout=CONNECT_TIMEOUT_SECONDS)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"cannot reach the database of DATABASE_URL: {str(error) or type(error).__name__}") from error
    except (ValueError, asyncpg.InterfaceError) as error:
        raise SettingError(f"DATABASE_URL cannot be read: {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
