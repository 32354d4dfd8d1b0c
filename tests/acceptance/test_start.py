"""Between its first moment and `ready`, a mesh can be told to stop, and what it accepts is not lost."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError

from support.mesh import MeshUp, copied_project, eventually, processes_naming, ride


def test_sigterm_during_the_start_ends_it(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    words = ["up", str(project), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
    with subprocess.Popen([sys.executable, "-m", "mesh", *words], stdout=subprocess.PIPE, text=True) as mesh:
        eventually((project / ".mesh" / "postgres").exists, every=0.01)
        mesh.send_signal(signal.SIGTERM)
        said, _ = mesh.communicate(timeout=30)
    assert (mesh.returncode, said) == (0, "")
    eventually(lambda: processes_naming(str(project)) == [], within=10)


def test_what_is_accepted_before_the_mesh_is_ready_settles(tmp_path: Path) -> None:
    project = copied_project(tmp_path / "project")
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    up = MeshUp(project, project / ".mesh")
    up.broker = f"http://{listen}/cabs/default"
    with ThreadPoolExecutor(1) as producer:
        accepted = producer.submit(eventually, lambda: _accepted(up))
        up.start("--listen", listen)
        assert accepted.result() < up.ready_at
    try:
        up.settled("r-early")
    finally:
        up.end()


def _accepted(up: MeshUp) -> float | None:
    """When the early ride got its 202."""
    try:
        return time.monotonic() if up.send_ride(ride("r-early"), "e-early") == 202 else None
    except URLError:
        return None
