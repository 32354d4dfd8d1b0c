"""Applies staged schema files to a database, in a child process of the functions' own environment.

`python -m mesh.functions.migrate [ROOT]` does it for every function, with DATABASE_URL from the environment.
"""

from collections.abc import Sequence
from pathlib import Path

from mesh.errors import StartFailed
from mesh.functions import child
from mesh.functions.child import Command
from mesh.functions.staging import DATABASE_ENTRY, Staged

WITHIN_SECONDS = 120.0


async def migrate(python: Path, staged: Sequence[Staged], database: str, shell: dict[str, str]) -> None:
    """Apply the schema of each of `staged`, whose environment is `python`'s, to `database`. Raises StartFailed."""
    schemas = [one.schema for one in staged if one.schema is not None]
    if not schemas:
        return
    words = (str(python), "-m", "step.migrate", *map(str, schemas))
    # Any staged directory has the module; `-m` finds it in the working directory.
    command = Command(words, schemas[0].parent, {**shell, DATABASE_ENTRY: database})
    try:
        status, output = await child.finish(command, within_seconds=WITHIN_SECONDS)
    except TimeoutError:
        raise StartFailed(
            f"the schemas were not applied within {WITHIN_SECONDS:.0f} s: is the database locked?"
        ) from None
    if status != 0:
        names = ", ".join(schema.parent.name for schema in schemas)
        raise StartFailed(f"the schemas of {names} cannot be applied:\n{output}")
