"""Which layout func sees in a directory. Cases: knative/func pkg/functions/legacy_parliament_test.go."""

from pathlib import Path

import pytest

from mesh.functions import layouts
from mesh.functions.layouts import Layout
from mesh.functions.staging import stage
from mesh.manifests.function_layout import is_parliament, is_unsupported
from mesh.manifests.project import load
from support.mesh import copied_project
from support.steps import STEPS

MAIN = "def main(context):\n    return 'OK', 200\n"
RUNS_PARLIAMENT = {"Procfile": "web: python -m parliament .\n", "func.py": MAIN}
MODERN = {"pyproject.toml": "[project]\n", "function/func.py": "class new: ...\n"}

PARLIAMENT = {
    "a Procfile": RUNS_PARLIAMENT,
    "an import alone": {"func.py": f"from parliament import Context\n\n{MAIN}"},
    "a Procfile and @event": {**RUNS_PARLIAMENT, "func.py": f"from parliament import event\n\n@event\n{MAIN}"},
    "python3 and a submodule": {
        "Procfile": "web: python3 -m parliament .\n",
        "func.py": "from parliament.invocation import Context\n",
    },
    "another version": {"Procfile": "web: python3.12  -m  parliament /app\n"},
    "an import under another name": {"func.py": f"import parliament as p\n\n{MAIN}"},
    "an import inside a function": {"func.py": "def main(context):\n    import parliament\n"},
    "a project as well": {**MODERN, **RUNS_PARLIAMENT},
}
OTHER = {
    "today's layout": MODERN,
    "a WSGI application": {"func.py": "def main(environ, start_response):\n    return [b'hi']\n"},
    "another package": {"func.py": "import parliamentarian\n"},
    "a comment": {"func.py": "# from parliament import Context\n"},
    "an import further down": {**MODERN, "function/func.py": "import parliament\n"},
    "a step before it is staged": {"func.py": MAIN, "func.yaml": "runtime: python\n"},
}
UNSUPPORTED = {
    "the old flask template": {"Procfile": "web: gunicorn func:application --bind=0.0.0.0:8080\n", "func.py": ""},
    "the old wsgi template": {"Procfile": "web: gunicorn func:main\n", "requirements.txt": "gunicorn==22.0.0\n"},
}
STRAY = {"a stray Procfile beside a project": {**MODERN, "Procfile": "web: gunicorn func:main\n"}}


def directory(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("files", PARLIAMENT.values(), ids=PARLIAMENT.keys())
def test_parliament_is_told_by(files: dict[str, str], tmp_path: Path) -> None:
    found = directory(tmp_path, files)
    assert (is_parliament(found), is_unsupported(found)) == (True, False)


@pytest.mark.parametrize("files", (OTHER | STRAY).values(), ids=(OTHER | STRAY).keys())
def test_parliament_is_not_told_by(files: dict[str, str], tmp_path: Path) -> None:
    found = directory(tmp_path, files)
    assert (is_parliament(found), is_unsupported(found)) == (False, False)


@pytest.mark.parametrize("files", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_func_builds_no_longer(files: dict[str, str], tmp_path: Path) -> None:
    found = directory(tmp_path, files)
    assert (is_parliament(found), is_unsupported(found)) == (False, True)


@pytest.mark.parametrize("layout", ["parliament", "asgi"])
def test_each_staged_step_is_of_its_layout_alone(layout: Layout, tmp_path: Path) -> None:
    project = load(copied_project(tmp_path / "project"))
    staged = [stage(tmp_path / "project", function, layout).directory for function in project.functions]
    assert [one.name for one in staged] == STEPS
    for one in staged:
        assert (layouts.own(one), is_parliament(one), is_unsupported(one)) == (layout, layout == "parliament", False)
        assert (one / "pyproject.toml").exists() == (layout == "asgi")
        assert list(one.glob("requirements*.txt")) == ([one / "requirements.txt"] if layout == "parliament" else [])
