"""Which warm parent a function needs, and the variables that its own command line would have given it."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mesh.functions import layouts
from mesh.functions.layouts import Layout
from mesh.functions.replica import Launch
from mesh.functions.settings import PASSED_ON

# Settings only: whatever else a command line does before it serves, it does for every replica, so it is spawned.
RECOGNISED = re.compile(
    r"(?P<settings>(?:(?:\.|export)\s+[^\s;&|]+\s*(?:&&|;)\s*)*)"
    r"(?:exec\s+)?(?P<telemetry>opentelemetry-instrument\s+)?python[0-9.]*\s+-m\s+parliament\s+\.\s*"
)
SERVER = "python -m parliament ."  # without a Procfile; asgi has no command line, and its step starts telemetry
READ_AT_IMPORT = ("OTEL_", "PYTHON", "LC_", "LD_", "FLASK_")
OF_ONE_FUNCTION = ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES")
PREAMBLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """What replicas must have in common to be forked from one parent: libraries read some variables when imported."""

    python: Path
    layout: Layout
    instrumented: bool
    environment: frozenset[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to fork a launch's replicas."""

    launch: Launch
    runtime: Runtime
    environment: Mapping[str, str] = field(repr=False)


async def plan(launch: Launch) -> Plan | None:
    """None for a function that is not to be forked: its command line does more than to serve."""
    line = layouts.web(launch.directory)
    found = RECOGNISED.fullmatch(line or SERVER)
    if found is None or (line and launch.layout != "parliament"):
        return None
    path = layouts.path(launch.python, launch.environment)
    environment = await after(found["settings"], launch.directory, {**launch.environment, "PATH": path})
    if environment is None:
        return None
    common = frozenset(entry for entry in environment.items() if is_common(entry[0]))
    return Plan(launch, Runtime(launch.python, launch.layout, bool(found["telemetry"]), common), environment)


def is_common(name: str) -> bool:
    return (name in PASSED_ON or name.startswith(READ_AT_IMPORT)) and name not in OF_ONE_FUNCTION


async def after(settings: str, directory: Path, before: Mapping[str, str]) -> Mapping[str, str] | None:
    """The environment after a shell has run `settings`; None when they fail, so that a spawned replica tells how."""
    if not settings:
        return before
    try:
        said = await printed(f"{settings} env -0", directory, before)
    except OSError:
        return None
    entries = (entry.partition("=") for entry in said.decode(errors="surrogateescape").split("\0") if entry)
    return {name: value for name, _, value in entries} or None


async def printed(script: str, directory: Path, environment: Mapping[str, str]) -> bytes:
    """What a shell's script prints, nothing if it fails. Raises OSError, of which TimeoutError is one."""
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", script,
        cwd=directory, env=dict(environment), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PREAMBLE_SECONDS):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return b"" if process.returncode else said
