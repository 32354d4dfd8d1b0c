"""Which database functions get: the dev service when they find none, and whose tables the mesh makes."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mesh.clock import Clock
from mesh.functions import settings
from mesh.functions.migrate import Migration, migrate
from mesh.functions.postgres.service import Postgres, Report
from mesh.functions.preparation import Prepared
from mesh.functions.settings import DATABASE_URL, Sources
from mesh.manifests.model import Function

UNTIL_IT_RUNS = "postgresql:///"


class Databases:
    """The dev service is started for the first function that needs it; `external`: make tables elsewhere, too."""

    def __init__(self, state: Path, clock: Clock, tasks: asyncio.TaskGroup, report: Report, *, external: bool) -> None:
        self._service = Postgres(state / "postgres", clock, tasks, report)
        self._report = report
        self._external = external
        self._running = False

    @property
    def url(self) -> str | None:
        """The dev service's, None while nothing needs it."""
        return self._service.url if self._running else None

    async def provide(self, functions: Sequence[Function], sources: Sources) -> Sources:
        """Sources with the dev service in them, where it is needed. Raises StartFailed with all that is missing."""
        settings.require(functions, replace(sources, database=UNTIL_IT_RUNS))
        needed = any(settings.needs_dev_database(function, sources) for function in functions)
        if needed and not self._running:
            self._report("starting Postgres")
            await self._service.start()
            self._running = True
        return replace(sources, database=self.url)

    async def make_tables(self, prepared: Iterable[Prepared], sources: Sources) -> None:
        """Apply the schemas of those whose database is ours to change. Raises StartFailed."""
        migrations = [migration for one in prepared if (migration := self._migration(one)) is not None]
        if migrations:
            self._report(f"making the tables of {', '.join(migration.step for migration in migrations)}")
            await migrate(migrations, sources.shell)

    async def stop(self) -> None:
        await self._service.stop()

    def _migration(self, one: Prepared) -> Migration | None:
        database = one.values.get(DATABASE_URL)
        if one.staged.schema is None or database is None or not (self._external or database == self.url):
            return None
        return Migration(one.staged.schema, one.python, database)
