"""Applies staged schema files to databases, in a child process of the functions' own environment.

`python -m mesh.functions.migrate [ROOT]` does it for every function, with DATABASE_URL from the environment.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mesh.clock import SystemClock
from mesh.errors import MeshError, StartFailed, UsageError
from mesh.functions import child, layouts, staging
from mesh.functions.child import Command
from mesh.functions.environments import Needs, python_for
from mesh.functions.settings import DATABASE_URL
from mesh.functions.staging import Staged
from mesh.manifests.model import Function

WITHIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Migration:
    """A staged schema.sql, the interpreter that has what `step.migrate` imports, and the database's URL."""

    schema: Path
    python: Path
    database: str = field(repr=False)

    @property
    def step(self) -> str:
        return self.schema.parent.name


async def migrate(migrations: Iterable[Migration], shell: Mapping[str, str]) -> None:
    """Apply them all, in one process where interpreter and database are the same. Raises StartFailed."""
    alike: dict[tuple[Path, str], list[Migration]] = {}
    for migration in migrations:
        alike.setdefault((migration.python, migration.database), []).append(migration)
    for group in alike.values():
        await apply(group, shell)


async def apply(group: Sequence[Migration], shell: Mapping[str, str]) -> None:
    first, steps = group[0], ", ".join(migration.step for migration in group)
    words = (str(first.python), "-m", "step.migrate", *(str(migration.schema) for migration in group))
    # `-m` finds the staged copy of step in the working directory; any of them will do.
    command = Command(words, first.schema.parent, {**shell, DATABASE_URL: first.database})
    try:
        status, output = await child.finish(command, within_seconds=WITHIN_SECONDS)
    except TimeoutError:
        raise StartFailed(
            f"the tables of {steps} were not made within {WITHIN_SECONDS:.0f} s: is the database locked?"
        ) from None
    except OSError as error:
        raise StartFailed(f"the tables of {steps} cannot be made: {error}") from error
    if status != 0:
        raise StartFailed(f"the tables of {steps} cannot be made:\n{output}")


async def migrate_all(root: Path, shell: Mapping[str, str]) -> None:
    """Make the tables of every function of the project in the database of DATABASE_URL."""
    database = shell.get(DATABASE_URL)
    if not database:
        raise UsageError(f"{DATABASE_URL} is not set: name the database whose tables are to be made")
    staged = await asyncio.to_thread(restage, root, staging.read(root).functions)
    migrations = [
        Migration(one.schema, await python_for(Needs.of(one.directory), root, SystemClock(), say), database)
        for one in staged
        if one.schema is not None
    ]
    await migrate(migrations, shell)
    say(f"made the tables of {', '.join(migration.step for migration in migrations) or 'no function'}")


def restage(root: Path, functions: Sequence[Function]) -> list[Staged]:
    """Stage each in the layout that it is staged in already: a mesh may run there, or `make deploy`."""
    return [staging.stage(root, each, layouts.own(staging.place(root, each)) or "parliament") for each in functions]


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mesh.functions.migrate", description="Make every step's tables.")
    parser.add_argument("root", nargs="?", default=".", type=Path)
    try:
        asyncio.run(migrate_all(parser.parse_args(arguments).root, os.environ))
    except MeshError as error:
        sys.stderr.write(f"mesh: {error}\n")
        return 2 if isinstance(error, UsageError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
