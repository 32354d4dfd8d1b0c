"""On a machine with nothing of ours: a clone, an empty environment, two commands."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from support.mesh import REPOSITORY, eventually, processes_naming

pytestmark = pytest.mark.timeout(600)

NO_INDEX = ("NameResolutionError", "NewConnectionError", "Temporary failure in name resolution")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("needs git and a checkout to clone")
    target = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(target)], check=True, timeout=60)
    return target


def make(clone: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run make with an empty environment but for PATH and a home of its own."""
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = ["make", *words, "ARGS=--listen 127.0.0.1:0 --console 127.0.0.1:0"]
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, timeout=500, check=False)
    if done.returncode != 0 and any(sign in done.stdout + done.stderr for sign in NO_INDEX):
        pytest.skip("the package index cannot be reached from here")
    return done


def test_make_run_settles_one_ride_and_a_second_run_is_ready_in_seconds(clone: Path) -> None:
    first = make(clone, "run", "ONCE=1")
    assert first.returncode == 0, first.stdout + first.stderr
    assert '"state": "settled"' in first.stdout
    assert "cabs.rides.complete-ride" in first.stdout
    began = time.monotonic()
    second = make(clone, "run", "ONCE=1")
    print(f"the second run took {time.monotonic() - began:.1f} s")
    assert second.returncode == 0, second.stdout + second.stderr
    assert '-000002"' in second.stdout  # the second invoice: the same database went on
    eventually(lambda: processes_naming(str(clone)) == [], within=10)
