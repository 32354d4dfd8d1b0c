"""Doubles of `kubectl`, `func` and `make`: programs that write down what they were called with, and fail when told."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.scripts import SCRIPTS

# What comes through a pipe is read first, so that the writer's call stands before the reader's.
PROGRAM = """#!/bin/sh
case "$*" in *" -") cat >/dev/null ;; esac
echo "${0##*/} $*" >>"$CALLS"
case "${0##*/} $*" in $FAILING) echo "the cluster says no" >&2; exit 7 ;; esac
"""


@dataclass(frozen=True)
class ClusterTools:
    """A directory of doubles for PATH, and the file of their calls."""

    directory: Path

    @classmethod
    def in_(cls, directory: Path, *names: str) -> "ClusterTools":
        directory.mkdir()
        for name in names:
            (directory / name).write_text(PROGRAM)
            (directory / name).chmod(0o755)
        return cls(directory)

    def run(
        self, project: Path, words: Sequence[str], *, failing: str = "nothing", path: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run scripts/deploy.py on a project; `failing` is a shell pattern of the calls that fail."""
        environment = {name: value for name, value in os.environ.items() if name != "FUNC_REGISTRY"} | {
            "PATH": f"{self.directory}{os.pathsep}{os.environ['PATH']}" if path is None else path,
            "CALLS": str(self.directory / "calls"),
            "FAILING": failing,
        }
        command = (sys.executable, str(SCRIPTS / "deploy.py"), *words)
        return subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def calls(self) -> list[str]:
        """What was called since the last time, in order."""
        file = self.directory / "calls"
        called = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return called
