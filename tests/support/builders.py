"""The steps that func's builders take, without the builders (knative/func: pkg/builders, scaffolding, runner.go).

All steps of a layout have the same requirements: what these bring is installed once, each step's own for itself.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mesh.functions.layouts import Layout
from mesh.functions.staging import stage_all
from mesh.manifests.project import load
from support.mesh import copied_project

NO_INDEX = ("NameResolutionError", "NewConnectionError", "Temporary failure in name resolution", "ProxyError")
AT_ONCE = 2

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
from func_python.http import serve

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


def uploaded(root: Path, layout: Layout) -> dict[str, Path]:
    """Each step staged, in a directory that has nothing around it and says nothing by its name, as images have it."""
    project = load(copied_project(root / "project"))
    places = {}
    for staged in stage_all(root / "project", project.functions, layout):
        places[staged.directory.name] = root / staged.directory.name / "workspace"
        shutil.copytree(staged.directory, places[staged.directory.name])
    return places


def legacy(root: Path) -> dict[str, Built]:
    """What pack and s2i install for parliament, by requirements.txt; the command is the Procfile's or app.sh."""
    steps = uploaded(root, "parliament")
    first = one_for_all(steps, "requirements.txt", "constraints.txt")
    python = environment(root / "env")
    pip(python, "-r", "requirements.txt", directory=first, PIP_CONSTRAINT="constraints.txt")
    pip(python, "cloudevents<2", directory=first)  # after it, s2i's assemble pins what parliament can import
    found = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    return {step: Built((), directory, python, found) for step, directory in steps.items()}


def by_procfile(built: Built) -> Built:
    web = (built.directory / "Procfile").read_text().removeprefix("web: ").strip()
    return replace(built, command=("sh", "-c", web))


def host_image(root: Path) -> dict[str, Built]:
    """What the host builder puts into an image: the scaffolding, and all it needs in a folder beside it."""
    steps = uploaded(root, "asgi")
    first = one_for_all(steps, "pyproject.toml")
    python = environment(root / "env")
    pip(python, "hatchling>=1.27,<2", directory=root)
    for directory in steps.values():
        scaffold(directory, directory / ".func" / "build")
    pip(python, ".", "--target", "lib", directory=first / ".func" / "build")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        built = pool.map(lambda directory: _with_own_package(directory, first, python), steps.values())
        return dict(zip(steps, built, strict=True))


def _with_own_package(directory: Path, first: Path, python: Path) -> Built:
    """Only the function's package differs from step to step: it goes in front of what the first one installed."""
    place = directory / ".func" / "build"
    run(str(python), "-m", "hatchling", "build", "-t", "wheel", "-d", str(place), directory=directory)
    [wheel] = place.glob("*.whl")
    shutil.unpack_archive(wheel, place / "own", "zip")
    path = os.pathsep.join(map(str, (place / "own", first / ".func" / "build" / "lib")))
    found = {"PYTHONPATH": path, "LISTEN_ADDRESS": "[::]:8080"}
    return Built((str(python), str(place / "service" / "main.py")), directory, python, found)


def scaffold(directory: Path, place: Path) -> Path:
    (place / "service").mkdir(parents=True)
    (place / "pyproject.toml").write_text(SCAFFOLDING)
    (place / "service" / "__init__.py").write_text("")
    (place / "service" / "main.py").write_text(SERVICE)
    (place / "f").symlink_to(os.path.relpath(directory, place))
    return place


def one_for_all(steps: Mapping[str, Path], *names: str) -> Path:
    """The directory whose requirements stand for all the steps'."""
    first, *others = steps.values()
    for name in names:
        assert all((other / name).read_text() == (first / name).read_text() for other in others), name
    return first


def environment(place: Path) -> Path:
    """A clean virtual environment's interpreter."""
    run(sys.executable, "-m", "venv", str(place), directory=place.parent)
    return place / "bin" / "python"


def pip(python: Path, *words: str, directory: Path, **environ: str) -> None:
    """Skips the test where no index can be reached."""
    install = (str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
    run(*install, *words, directory=directory, **environ)


def run(*command: str, directory: Path, **environ: str) -> str:
    """The command's output; the code under test is not on its path."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environ
    done = subprocess.run(command, cwd=directory, env=clean, capture_output=True, text=True, timeout=300, check=False)
    said = done.stdout + done.stderr
    if done.returncode and any(sign in said for sign in NO_INDEX):
        pytest.skip("the package index cannot be reached from here")
    assert done.returncode == 0, said
    return done.stdout
