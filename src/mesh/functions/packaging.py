"""The asgi layout of a step: its func.py inside the package that func's builders install, as they have it."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from mesh.errors import UsageError

PACKAGE = "function"
MODULE = "func.py"
PROJECT = "pyproject.toml"
PACKAGES = re.compile(rf'(?m)^packages = \["{PACKAGE}"\].*$')
INVOKE = re.compile(r"(?m)^invoke:.*$")


def package(built: Path, source: Path, shared: Sequence[str]) -> Path:
    """Move the step into the package, shipped with the shared ones; answers where it is.

    Raises UsageError for modules that the package would lack.
    """
    others = sorted(file.name for file in built.glob("*.py") if file.name != MODULE)
    if others:
        raise UsageError(f"{source / others[0]}: the asgi layout holds {MODULE} alone: move it to a shared package")
    folder = built / PACKAGE
    if (built / MODULE).is_file():
        (built / MODULE).replace(folder / MODULE)
    ship(built / PROJECT, shared)
    take_requests(built / "func.yaml")
    return folder


def ship(file: Path, shared: Sequence[str]) -> None:
    """A wheel holds what its project names, and nothing that merely lies beside it."""
    file.write_text(PACKAGES.sub(f"packages = {json.dumps([PACKAGE, *shared])}", file.read_text()))


def take_requests(file: Path) -> None:
    """func-python's cloudevent flavour refuses GETs and hands over parsed bodies."""
    if file.is_file():
        file.write_text(INVOKE.sub("invoke: http", file.read_text()))
