"""Which database functions get: the dev service when they find none, and whose tables the mesh makes."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions import database_url, settings
from mesh.functions.migrate import Migration, migrate
from mesh.functions.postgres.service import Postgres, Report
from mesh.functions.preparation import Prepared
from mesh.functions.settings import DATABASE_URL, Sources
from mesh.manifests.model import Function
from mesh.manifests.problem import Origin

ANSWER_SECONDS = 10.0


class Databases:
    """The dev service is started for the first function that needs it; `external`: make tables elsewhere, too."""

    def __init__(self, state: Path, clock: Clock, tasks: asyncio.TaskGroup, report: Report, *, external: bool) -> None:
        self._service = Postgres(state / "postgres", clock, tasks, report)
        self._report = report
        self._external = external
        self._tasks = tasks
        self._asked: set[str] = set()  # external URLs whose hosts were looked for
        self._made: dict[Migration, str] = {}  # the schema that was applied last
        self._running = False

    @property
    def url(self) -> str | None:
        """The dev service's, None while nothing needs it."""
        return self._service.url if self._running else None

    async def provide(self, functions: Sequence[Function], sources: Sources) -> Sources:
        """Sources with the dev service in them, where it is needed. Raises StartFailed with all that is missing."""
        settings.require(functions, sources)
        external = external_urls(functions, sources)
        for url in external - self._asked:
            self._tasks.create_task(self._look_for(url), name="look for an external database")
        self._asked |= external
        needed = any(settings.needs_dev_database(function, sources) for function in functions)
        if needed and not self._running:
            self._report("starting Postgres")
            await self._service.start()
            self._running = True
        return replace(sources, database=self.url)

    async def make_tables(self, prepared: Iterable[Prepared], sources: Sources) -> None:
        """Apply the schemas of those whose database is ours to change, unless they were last. Raises StartFailed.

        It takes a process of its own, half of the time from a saved file to its replicas.
        """
        found = [migration for one in prepared if (migration := self._migration(one)) is not None]
        texts = {migration: migration.schema.read_text() for migration in found}
        news = [migration for migration, text in texts.items() if self._made.get(migration) != text]
        if news:
            self._report(f"making the tables of {', '.join(migration.step for migration in news)}")
            await migrate(news, sources.shell)
        self._made |= texts

    async def stop(self) -> None:
        await self._service.stop()

    async def _look_for(self, url: str) -> None:
        """It may come later, so that it is away is only told."""
        places = database_url.hosts(url)
        if places and not any([await answers(host, port) for host, port in places]):
            named = ", ".join(f"{host}:{port}" for host, port in places)
            self._report(
                f"warning: the database of {DATABASE_URL} does not answer at {named}: start it, or correct the URL"
            )

    def _migration(self, one: Prepared) -> Migration | None:
        database = one.values.get(DATABASE_URL)
        if one.staged.schema is None or database is None or not (self._external or database == self.url):
            return None
        return Migration(one.staged.schema, one.python, database)


def external_urls(functions: Iterable[Function], sources: Sources) -> set[str]:
    """The databases that are not the dev service. Raises StartFailed with every URL that is none of Postgres."""
    own = replace(sources, database=None)
    given = [
        (one, url) for one in functions if (url := settings.resolve(one, own).values.get(DATABASE_URL)) is not None
    ]
    wrong = [f"{place(one)}: {DATABASE_URL}: {why}" for one, url in given if (why := database_url.mistake(url))]
    if wrong:
        raise StartFailed("\n".join(f"{what}: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE" for what in wrong))
    return {url for _, url in given}


def place(function: Function) -> Origin:
    return next((entry.origin for entry in function.envs if entry.name == DATABASE_URL), function.origin)


async def answers(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, UnicodeError):  # a TimeoutError is an OSError; some names are none
        return False
    writer.close()
    return True
