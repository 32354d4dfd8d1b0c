"""The two layouts of a Python function, and how to tell which one a directory already has."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from mesh.errors import UsageError
from mesh.manifests.function_layout import PROCFILE, is_parliament

Layout = Literal["parliament", "asgi"]

SERVER = re.compile(PROCFILE.pattern + r"[^\S\n]*[^\s;&|]*")  # with its argument, the directory
WEB = re.compile(r"(?m)^web:\s*(.+)$")


def named(name: str) -> Layout:
    """The layout of that name. Raises UsageError."""
    for layout in get_args(Layout):
        if layout == name:
            return layout  # type: ignore[no-any-return]  # get_args loses the literal
    raise UsageError(f"there is no layout {name!r}: choose parliament or asgi")


def own(directory: Path) -> Layout | None:
    """The layout that the directory has by itself; None when staging is to give it one."""
    if is_parliament(directory):
        return "parliament"
    return "asgi" if (directory / "pyproject.toml").is_file() else None


def started(directory: Path, server: tuple[str, ...]) -> tuple[str, ...]:
    """The command line that the Procfile has, with `server` in the place of `python -m parliament .`."""
    line = web(directory)
    if line is None or SERVER.search(line) is None:
        return server
    script = SERVER.sub('"$@"', line, count=1)
    if not re.search(r"\bexec\b|[;&|]", script):
        script = f"exec {script}"  # a shell that stays would take the signals meant for the server
    return ("sh", "-c", script, "sh", *server)


def web(directory: Path) -> str | None:
    """What the Procfile has for `web`."""
    procfile = directory / "Procfile"
    found = WEB.search(procfile.read_text(errors="replace")) if procfile.is_file() else None
    return found[1] if found else None


def path(python: Path, environment: Mapping[str, str]) -> str:
    """PATH, with the programs of the function's environment first."""
    return f"{python.parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
