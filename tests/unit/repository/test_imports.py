"""What a step may import: its directory is no package, so import-linter does not see it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STEPS = sorted((ROOT / "functions").glob("*/func.py"))
ALLOWED = sys.stdlib_module_names | {"cabs", "step"}


def imported(source: str) -> Iterator[str]:
    """Yield the top-level package of every import, wherever it stands; a relative one is `.`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").partition(".")[0]


def test_there_are_steps_to_look_at() -> None:
    assert STEPS


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.parent.name)
def test_a_step_imports_only_cabs_step_and_the_standard_library(step: Path) -> None:
    assert set(imported(step.read_text())) <= ALLOWED


def test_imports_inside_functions_and_relative_ones_are_seen() -> None:
    source = "import os.path\nfrom cabs.events import X\ndef f():\n    import asyncpg\n    from . import other\n"

    assert set(imported(source)) == {"os", "cabs", "asyncpg", "."}
