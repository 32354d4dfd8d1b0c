"""The steps that func's builders take, without the builders (knative/func: pkg/builders, scaffolding, runner.go)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mesh.functions.layouts import Layout
from mesh.functions.staging import stage
from mesh.manifests.project import load
from support.mesh import copied_project

VISITOR = Path(__file__).with_name("visitor.py")
URL = "http://127.0.0.1:8080"  # where both servers are unless told otherwise, and parliament whatever it is told
NO_INDEX = ("NameResolutionError", "NewConnectionError", "Temporary failure in name resolution", "ProxyError")
# Root keeps its rights over the database's folder only without a mapping.
NAMESPACE = ("unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]))
# Loopback, the server, the visitor, and the server's end; its output is ours to read after the visitor's answers.
INSIDE = """
ip link set lo up || exit 1
"$@" >&2 &
"$PYTHON" "$VISITOR" "$URL"; status=$?
kill $! && wait $!; ended=$?
[ $ended -eq 0 ] || [ $status -ne 0 ] || { echo "the server ended with $ended" >&2; status=1; }
exit $status
"""

SCAFFOLDING = """\
[project]
name = "service"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["func-python==0.8.1", "function @ {root:uri}/f"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.metadata]
allow-direct-references = true

[tool.hatch.build.targets.wheel]
packages = ["service"]
"""

SERVICE = """\
from func_python.%s import serve

try:
    from function import new as handler
except ImportError:
    from function import handle as handler

if __name__ == "__main__":
    serve(handler)
"""


@dataclass(frozen=True)
class Built:
    """A command that serves the function, where it runs, and what its environment adds."""

    command: Sequence[str]
    directory: Path
    python: Path
    environment: Mapping[str, str]


def staged(root: Path, name: str, layout: Layout) -> Path:
    """Staged into a directory that has nothing else around it, as an upload has it."""
    project = load(copied_project(root))
    function = next(function for function in project.functions if function.name == name)
    upload = root / "upload" / name
    shutil.copytree(stage(root, function, layout).directory, upload)
    return upload


def environment(place: Path) -> Path:
    """A clean virtual environment's interpreter."""
    run(sys.executable, "-m", "venv", str(place), directory=place.parent)
    return place / "bin" / "python"


def legacy(directory: Path) -> Built:
    """What pack and s2i install for parliament; the Procfile or app.sh of the directory is what they run."""
    python = environment(directory.parent / "env")
    pip(python, "-r", "requirements.txt", directory=directory)
    pip(python, "cloudevents<2", directory=directory)  # after it, s2i's assemble pins what parliament can import
    return Built((), directory, python, {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"})


def host_run(directory: Path, flavour: str) -> Built:
    """`func run --builder=host`: the scaffolding beside the function, installed with it."""
    scaffolding = scaffold(directory, directory / ".func" / "runs" / "8080", flavour)
    python = environment(scaffolding / ".venv")
    pip(python, ".", directory=scaffolding)
    return Built((str(python), "./service/main.py"), scaffolding, python, {"LISTEN_ADDRESS": "127.0.0.1:8080"})


def host_image(directory: Path, flavour: str) -> Built:
    """What the host builder puts into an image: the scaffolding, and all it needs in a folder beside it."""
    scaffolding = scaffold(directory, directory / ".func" / "build", flavour)
    python = environment(directory.parent / "env")
    pip(python, ".", "--target", "lib", directory=scaffolding)
    main = str(scaffolding / "service" / "main.py")
    found = {"PYTHONPATH": str(scaffolding / "lib"), "LISTEN_ADDRESS": "[::]:8080"}
    return Built((str(python), main), directory, python, found)


def scaffold(directory: Path, place: Path, flavour: str) -> Path:
    (place / "service").mkdir(parents=True)
    (place / "pyproject.toml").write_text(SCAFFOLDING)
    (place / "service" / "__init__.py").write_text("")
    (place / "service" / "main.py").write_text(SERVICE % flavour)
    (place / "f").symlink_to(os.path.relpath(directory, place))
    return place


def pip(python: Path, *words: str, directory: Path) -> None:
    """Skips the test where no index can be reached."""
    install = (str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
    run(*install, *words, directory=directory)


def run(*command: str, directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and any(sign in done.stderr for sign in NO_INDEX):
        pytest.skip("the package index cannot be reached from here")
    assert done.returncode == 0, done.stdout + done.stderr


def visited(built: Built, settings: Mapping[str, str], requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Serve in a network namespace, where port 8080 is free; answers what the requests were answered."""
    if shutil.which("unshare") is None or subprocess.run((*NAMESPACE, "true"), check=False).returncode:
        pytest.skip("no network namespace can be made here, and parliament's port 8080 may be taken")
    said = {"PYTHON": str(built.python), "VISITOR": str(VISITOR), "URL": URL}
    done = subprocess.run(
        (*NAMESPACE, "sh", "-c", INSIDE, "sh", *built.command),
        cwd=built.directory,
        env={"PATH": os.environ["PATH"], **settings, **said, **built.environment},
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers
