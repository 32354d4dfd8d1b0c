"""The command line of a staged directory."""

import shutil
import tomllib
from pathlib import Path

import pytest

from mesh.functions.layouts import started
from mesh.functions.packaging import PACKAGE, ship
from mesh.functions.recipe import Recipe

ROOT = Path(__file__).parents[3]
SERVER = ("/env/bin/python", "launcher", "fd")


@pytest.mark.parametrize(
    ("procfile", "script"),
    [
        ("web: python -m parliament .\n", 'exec "$@"'),
        ("web: python3.11  -m parliament .", 'exec "$@"'),
        ("web: opentelemetry-instrument python -m parliament .\n", 'exec opentelemetry-instrument "$@"'),
        ("web: . ./t.sh && exec otel python -m parliament .\n", '. ./t.sh && exec otel "$@"'),
        ("other: x\nweb: python -m parliament\n", 'exec "$@"'),
    ],
)
def test_it_is_the_procfiles_with_another_server(tmp_path: Path, procfile: str, script: str) -> None:
    (tmp_path / "Procfile").write_text(procfile)
    assert started(tmp_path, SERVER) == ("sh", "-c", script, "sh", *SERVER)


def test_without_a_procfile_the_server_runs_alone(tmp_path: Path) -> None:
    assert started(tmp_path, SERVER) == SERVER


def test_the_package_of_the_asgi_layout_holds_what_staging_puts_beside_it(tmp_path: Path) -> None:
    project = Path(shutil.copy(ROOT / "templates/python/asgi/pyproject.toml", tmp_path))
    shared = [package.name for package in Recipe.read(ROOT).packages]
    ship(project, shared)
    shipped = tomllib.loads(project.read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert shipped == [PACKAGE, *shared] == ["function", "cabs", "step"]
