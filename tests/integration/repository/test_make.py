"""The Makefile with nothing around it: an empty environment, and no Python that would do."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEEDED = ("sh", "awk", "xargs", "rm", "touch")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A directory with the Makefile and what it depends on, and a PATH with no Python on it."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    path = tmp_path / "path"
    path.mkdir()
    for tool in NEEDED:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"{tool} is not here")
        (path / tool).symlink_to(found)
    return tmp_path


def make(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make")
    if program is None:
        pytest.skip("make is not here")
    environment = {"HOME": str(directory), "PATH": str(directory / "path")}
    command = (program, *words)
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def put_python(bare: Path, name: str, *, suitable: bool) -> None:
    """A Python that answers whether it would do, and says what else it is asked for."""
    script = bare / "path" / name
    script.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit {int(not suitable)}\necho {name} "$@"\nexit 9\n')
    script.chmod(0o755)


def test_make_alone_prints_the_targets(bare: Path) -> None:
    ended = make(bare)

    assert ended.returncode == 0
    assert "  make run  " in ended.stdout
    assert "  make check-manifests  " in ended.stdout


def test_without_a_python_one_sentence_says_what_to_do(bare: Path) -> None:
    ended = make(bare, "run")

    assert ended.returncode != 0
    assert "make: no Python 3.11 or newer (tried python3 python3.13 python3.12 python3.11)" in ended.stderr
    assert "install one, or name it with PYTHON=" in ended.stderr
    assert not (bare / ".venv").exists()


def test_a_python_that_is_named_and_too_old_is_told(bare: Path) -> None:
    put_python(bare, "python3.8", suitable=False)

    assert "(tried python3.8)" in make(bare, "run", "PYTHON=python3.8").stderr


def test_a_newer_python_is_found_behind_one_that_is_too_old(bare: Path) -> None:
    put_python(bare, "python3", suitable=False)
    put_python(bare, "python3.12", suitable=True)

    assert "python3.12 -m venv .venv" in make(bare, "run").stdout


def test_a_uv_that_fails_gives_way_to_venv_and_pip(bare: Path) -> None:
    put_python(bare, "python3", suitable=True)
    (bare / "path" / "uv").write_text('#!/bin/sh\necho uv "$@"\nexit 1\n')
    (bare / "path" / "uv").chmod(0o755)

    said = make(bare, "run").stdout

    assert said.index("uv venv --quiet") < said.index("python3 -m venv .venv")


def test_an_environment_that_is_not_finished_is_made_again(bare: Path) -> None:
    put_python(bare, "python3", suitable=True)

    assert make(bare, "run").returncode != 0
    assert not (bare / ".venv" / ".made").exists()
    assert "python3 -m venv .venv" in make(bare, "run").stdout


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("deploy",), "deploy --layout parliament"),
        (
            ("deploy", "REGISTRY=HOST/NAME", "LAYOUT=asgi", "BUILDER=host", "DRY_RUN=1"),
            "deploy --layout asgi --registry 'HOST/NAME' --builder host --dry-run",
        ),
        (("undeploy", "DATA=1", "DRY_RUN=1"), "undeploy --data --dry-run"),
        (("undeploy",), "undeploy"),
    ],
)
def test_what_is_asked_of_a_deployment_reaches_the_script(bare: Path, words: tuple[str, ...], command: str) -> None:
    put_python(bare, "python3", suitable=True)
    last = make(bare, "--dry-run", *words).stdout.replace("\\\n", " ").splitlines()[-1]
    assert last.split() == [".venv/bin/python", "scripts/deploy.py", *command.split()]
