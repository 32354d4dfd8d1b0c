"""`make new`: what it makes passes the checks and its own test, in a copy of the repository."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.mesh import REPOSITORY, copied_project

STEP, TYPE = "surge-pricing", "cabs.rides.ride-completed"
MADE = {
    "functions/surge-pricing/.funcignore",
    "functions/surge-pricing/.gitignore",
    "functions/surge-pricing/func.py",
    "functions/surge-pricing/func.yaml",
    "tests/integration/steps/test_surge_pricing.py",
    "triggers/surge-pricing.yaml",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copy = copied_project(tmp_path / "copy")
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    for name in ("scripts", "tests"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def run(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = (sys.executable, *words)
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.parametrize("event_type", [TYPE, "cabs.dead-letters.discard"])
def test_what_is_made_passes_the_checks_and_its_test(root: Path, event_type: str) -> None:
    made = run(root, "scripts/new.py", STEP, event_type)
    assert set(made.stdout.split()) == MADE, made.stderr
    python = [name for name in sorted(MADE) if name.endswith(".py")]
    for words in (
        ("ruff", "check", *python),
        ("ruff", "format", "--check", *python),
        ("mypy", "functions/surge-pricing/func.py"),
        ("mesh", "check", "."),
        ("pytest", "-q", "tests/integration/steps/test_surge_pricing.py", "tests/unit/manifests/test_drift.py"),
    ):
        done = run(root, "-m", *words)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("step", "event_type", "said"),
    [
        ("Surge", TYPE, "new: 'Surge' is no name of a step"),
        ("class", TYPE, "new: 'class' is no name of a step"),
        ("invoice", TYPE, "new: functions/invoice/func.yaml exists already"),
        (STEP, "cabs.rides.ride-complete", "new: 'cabs.rides.ride-complete' is declared nowhere in src/cabs/events.py"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_written(root: Path, step: str, event_type: str, said: str) -> None:
    refused = run(root, "scripts/new.py", step, event_type)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(said)
    assert not (root / "functions" / STEP).exists()
