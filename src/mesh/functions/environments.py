"""A Python environment for each set of requirements: made once, cached under its hash, never used half made."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tomllib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions import child, layouts
from mesh.functions.child import Command

REQUIREMENTS = "requirements.txt"
PROJECT = "pyproject.toml"
CONSTRAINTS = "constraints.txt"
SERVER = "func-python==0.8.1"  # knative/func, scaffolding/instanced-http/pyproject.toml
FALLBACK_CONSTRAINT = "cloudevents<2\n"  # what func's builders add for parliament, which cannot import a newer one
MARK = "made-at"  # written last: its text is the place, since the scripts inside name it
MAKING_SECONDS = 900.0
LOCK_PAUSE_SECONDS = 0.1

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Needs:
    """What to install: the text of both files, and where relative paths in them start."""

    requirements: str
    constraints: str
    directory: Path

    @classmethod
    def of(cls, directory: Path) -> "Needs":
        """The needs of a staged directory. Raises StartFailed."""
        is_asgi = layouts.own(directory) == "asgi"
        requirements = declared(directory / PROJECT) if is_asgi else listed(directory / REQUIREMENTS)
        constraints = directory / CONSTRAINTS
        fallback = "" if is_asgi else FALLBACK_CONSTRAINT
        return cls(requirements, read(constraints) if constraints.is_file() else fallback, directory)

    @property
    def hash(self) -> str:
        """Equal needs on the same Python share an environment."""
        said = "\0".join([sys.version, sys.platform, self.requirements, self.constraints])  # noqa: FLY002 - the separator shows
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def listed(file: Path) -> str:
    if not file.is_file():
        raise StartFailed(f"{file} does not exist: list there what the function imports")
    return read(file)


def read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise StartFailed(f"{file} cannot be read ({error}): it is UTF-8 text") from error


def declared(file: Path) -> str:
    """What the function's package depends on, and the server that func's scaffolding adds to it."""
    try:
        project = tomllib.loads(read(file))["project"]
        return "".join(f"{requirement}\n" for requirement in (*project.get("dependencies", []), SERVER))
    except (tomllib.TOMLDecodeError, LookupError, TypeError, AttributeError) as error:
        raise StartFailed(f"{file}: cannot be read as a Python project: {error!r}") from error


async def python_for(needs: Needs, root: Path, clock: Clock, progress: Progress) -> Path:
    """The interpreter of an environment that has `needs`; made first when there is none. Raises StartFailed."""
    place = place_in(root, needs)
    if not is_made(place):
        async with locked(place.with_suffix(".lock"), clock, progress):
            if not is_made(place):  # another process may have made it while this one waited
                await make(needs, place, progress)
    return place / "bin" / "python"


def place_in(root: Path, needs: Needs) -> Path:
    """Resolved, since the scripts of an environment name their place."""
    cache = root / "build" / "environments"
    cache.mkdir(parents=True, exist_ok=True)
    return cache.resolve() / needs.hash


def is_made(place: Path) -> bool:
    mark = place / MARK
    return mark.is_file() and mark.read_text() == str(place)


async def make(needs: Needs, place: Path, progress: Progress) -> None:
    count = sum(1 for line in needs.requirements.splitlines() if line.strip() and not line.startswith(("#", "-")))
    progress(f"making the Python environment {place.name} ({count} requirements and what they need; only once)")
    asked, limits = begin(needs, place)
    for words in commands(place, asked, limits):
        await run(words, needs)
    (place / MARK).write_text(str(place))


def begin(needs: Needs, place: Path) -> tuple[Path, Path]:
    """Clear what a killed process left half made, and write down what is asked for."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    asked, limits = place / REQUIREMENTS, place / CONSTRAINTS
    asked.write_text(needs.requirements)
    limits.write_text(needs.constraints)
    return asked, limits


def commands(place: Path, asked: Path, limits: Path) -> list[tuple[str, ...]]:
    python = str(place / "bin" / "python")
    files = ("-r", str(asked), "-c", str(limits))
    if uv := shutil.which("uv"):
        install = (uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *files)
        return [(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(place)), install]
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *files)
    return [(sys.executable, "-m", "venv", str(place)), pip]


async def run(words: tuple[str, ...], needs: Needs) -> None:
    try:
        command = Command(words, needs.directory, os.environ)
        status, output = await child.finish(command, within_seconds=MAKING_SECONDS)
    except TimeoutError:
        raise StartFailed(f"{' '.join(words)} did not end within {MAKING_SECONDS:.0f} s") from None
    if status != 0:
        raise StartFailed(
            f"the Python environment for {needs.directory} cannot be made; {' '.join(words)} ended with:\n{output}"
        )


@contextlib.asynccontextmanager
async def locked(file: Path, clock: Clock, progress: Progress) -> AsyncIterator[None]:
    """Hold the file's lock, which the kernel gives back when its holder dies."""
    with file.open("w") as handle:
        waiting = False
        while not taken(handle.fileno()):
            if not waiting:
                progress(f"waiting for another process that makes the Python environment {file.stem}")
            waiting = True
            await clock.sleep(LOCK_PAUSE_SECONDS)
        yield


def taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
