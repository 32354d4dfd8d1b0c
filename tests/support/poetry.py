"""What pack's buildpacks do with the asgi layout: func's scaffolding rearranged, and installed by Poetry.

Rules: knative/func pkg/buildpacks/scaffolder.go. The directory becomes fn/, the scaffolding goes in its place.
"""

import os
import shutil
from pathlib import Path

from support.builders import Built, environment, one_for_all, pip, run, scaffold, uploaded

STAYS = {".func", ".git", ".gitignore", "func.yaml"}
# Poetry knows no {root:uri}; it asks its default index in another way than pip, which not every mirror answers.
FOR_POETRY = """\
[tool.poetry.dependencies]
python = ">=3.10,<4.0"
function = {{ path = "f", develop = true }}

[[tool.poetry.source]]
name = "of-pip"
url = "{index}"
"""
INDEX = """\
import os
from pip._internal.models.index import PyPI
print(os.environ.get("PIP_INDEX_URL") or PyPI.simple_url)
"""


def pack(root: Path) -> dict[str, Built]:
    """Every step's workspace; Poetry installs the first one, and each step's own code goes in front of that."""
    steps = uploaded(root, "asgi")
    first = one_for_all(steps, "pyproject.toml")
    tool = environment(root / "poetry")
    pip(tool, "--no-compile", "poetry>=2,<3", directory=root)
    index = run(str(tool), "-c", INDEX, directory=root).strip()
    for directory in steps.values():
        rearrange(directory, index)
    python = install(tool, first, root / "environments")
    return {step: _built(directory, python) for step, directory in steps.items()}


def rearrange(directory: Path, index: str) -> None:
    scaffolding = scaffold(directory, directory / ".func" / "build")
    project = scaffolding / "pyproject.toml"
    project.write_text(project.read_text().replace("{root:uri}/f", "./f") + FOR_POETRY.format(index=index))
    (scaffolding / "Procfile").write_text("web: python -m service.main\n")
    inside = [path for path in directory.iterdir() if path.name not in STAYS]
    (directory / "fn").mkdir()
    for path in inside:
        path.rename(directory / "fn" / path.name)
    (scaffolding / "f").unlink()
    for path in scaffolding.iterdir():
        path.rename(directory / path.name)
    shutil.rmtree(directory / ".func")
    (directory / "f").symlink_to("fn")


def install(tool: Path, workspace: Path, environments: Path) -> Path:
    """The interpreter of the environment that Poetry makes."""
    outside = {"POETRY_VIRTUALENVS_PATH": str(environments), "POETRY_VIRTUALENVS_IN_PROJECT": "false"}
    poetry = str(tool.parent / "poetry")
    run(poetry, "install", "--only", "main", "--no-interaction", directory=workspace, **outside)
    [python] = environments.glob("*/bin/python")
    return python


def _built(directory: Path, python: Path) -> Built:
    """`develop = true` puts fn/ on the path; of all steps but the first it has to be in front."""
    found = {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(directory / "fn"),
        "LISTEN_ADDRESS": "[::]:8080",
    }
    web = (directory / "Procfile").read_text().removeprefix("web: ").split()
    return Built(web, directory, python, found)
