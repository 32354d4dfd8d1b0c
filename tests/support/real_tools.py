"""The real func and kn-event, where `make tools` put them or PATH has them; tests of a tool that is not there skip."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class RealTool:
    """A program, with no settings of whoever runs the tests."""

    program: str
    configuration: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("FUNC_")}
        return own | {"XDG_CONFIG_HOME": str(self.configuration), "KUBECONFIG": str(self.configuration / "none")}

    def __call__(self, *words: str, directory: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.program, *words],
            cwd=directory or self.configuration,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def real(name: str, configuration: Path) -> RealTool:
    path = f"{REPOSITORY / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    program = shutil.which(name, path=path)
    if program is None:
        pytest.skip(f"{name} is not here: make tools builds it where Go is")
    return RealTool(program, configuration)
