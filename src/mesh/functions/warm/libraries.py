"""Which libraries a warm parent imports: what the environment was made for, and what a function's files name."""

import ast
import contextlib
import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def load(names: Iterable[str]) -> None:
    """Import each, if it can be: what is missing or broken is told by the function that needs it."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def remember_entry_points() -> None:
    """Let OpenTelemetry read once for all children what every installed distribution offers."""
    with contextlib.suppress(Exception):
        importlib.import_module("opentelemetry.util._importlib_metadata").entry_points()


def required(environment: Path) -> Iterator[str]:
    """Top-level packages of what `requirements.txt` names."""
    file = environment / "requirements.txt"
    lines = file.read_text().splitlines() if file.is_file() else []
    asked = {normalised(found[0]) for line in lines if (found := NAME.match(line))}
    for package, distributions in packages_distributions().items():
        if any(normalised(distribution) in asked for distribution in distributions):
            yield package


def named(directory: Path) -> set[str]:
    """The modules that the files below `directory` import, but for its own."""
    own = {path.stem for path in directory.iterdir()}
    found = {name for file in directory.rglob("*.py") for name in imports(file)}
    return {name for name in found if name.partition(".")[0] not in own}


def imports(file: Path) -> Iterator[str]:
    """Of `from a import b` also `a.b`, which may be a module."""
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def is_library(name: str) -> bool:
    """Whether an imported module is the environment's or Python's own, not a function's or the mesh's."""
    file = getattr(sys.modules[name], "__file__", None)
    return file is None or Path(file).is_relative_to(sys.prefix) or Path(file).is_relative_to(sys.base_prefix)


def normalised(name: str) -> str:
    """Source: the packaging user guide, name normalization."""
    return re.sub(r"[-_.]+", "-", name).lower()
