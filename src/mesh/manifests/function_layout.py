"""How func tells a Python function's layout (knative/func pkg/functions/legacy_parliament.go)."""

import re
from pathlib import Path

PROCFILE = re.compile(r"python[0-9.]*\s+-m\s+parliament\b")
IMPORT = re.compile(r"(?m)^[ \t]*(from|import)[ \t]+parliament\b")
UNSUPPORTED = (
    "this function uses a legacy Procfile-based Python layout (pre-v1.18, e.g. the old flask or wsgi templates), "
    "which is not supported"
)


def is_parliament(directory: Path) -> bool:
    """Whether its Procfile runs parliament, or a module at its top imports it."""
    if PROCFILE.search(_read(directory / "Procfile")):
        return True
    return any(IMPORT.search(_read(file)) for file in directory.glob("*.py"))


def is_unsupported(directory: Path) -> bool:
    """Whether it has a Procfile of another kind, and no Python project either."""
    own = (directory / "Procfile").exists() and not (directory / "pyproject.toml").exists()
    return own and not is_parliament(directory)


def _read(file: Path) -> str:
    return file.read_text(errors="replace") if file.is_file() else ""
