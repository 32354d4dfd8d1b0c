"""A mesh that is told to stop before it is up takes down what it had begun, and never says that it is ready."""

import signal
import subprocess
import sys
from pathlib import Path

from support.mesh import copied_project, eventually, processes_naming


def test_sigterm_during_the_start_ends_it(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    words = ["up", str(project), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
    with subprocess.Popen([sys.executable, "-m", "mesh", *words], stdout=subprocess.PIPE, text=True) as mesh:
        eventually((project / ".mesh" / "postgres").exists, every=0.01)
        mesh.send_signal(signal.SIGTERM)
        said, _ = mesh.communicate(timeout=30)
    assert (mesh.returncode, said) == (0, "")
    eventually(lambda: processes_naming(str(project)) == [], within=10)
