"""Which environment fits which needs."""

from pathlib import Path

import pytest

from mesh.errors import StartFailed
from mesh.functions.environments import MARK, Needs, is_made


def needs(directory: Path, requirements: str = "flask\n", constraints: str | None = None) -> Needs:
    (directory / "requirements.txt").write_text(requirements)
    if constraints is not None:
        (directory / "constraints.txt").write_text(constraints)
    return Needs.of(directory)


def test_equal_needs_share_an_environment_and_others_do_not(tmp_path: Path) -> None:
    plain = needs(tmp_path)
    assert plain.hash == needs(tmp_path).hash
    assert plain.hash != needs(tmp_path, "flask\nclick\n").hash
    assert plain.hash != needs(tmp_path, constraints="flask<3\n").hash


def test_without_constraints_cloudevents_stays_below_the_version_that_parliament_cannot_import(tmp_path: Path) -> None:
    assert needs(tmp_path).constraints == "cloudevents<2\n"


def test_a_function_without_requirements_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"requirements\.txt does not exist: list there what the function imports"):
        Needs.of(tmp_path)


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt"])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, name: str) -> None:
    needs(tmp_path, constraints="")
    (tmp_path / name).write_bytes(b"\xff\xfe")
    with pytest.raises(StartFailed, match=rf"{name} cannot be read \(.*\): it is UTF-8 text"):
        Needs.of(tmp_path)


def test_a_half_made_or_moved_environment_is_not_used(tmp_path: Path) -> None:
    assert not is_made(tmp_path)
    (tmp_path / MARK).write_text("/elsewhere")
    assert not is_made(tmp_path)
    (tmp_path / MARK).write_text(str(tmp_path))
    assert is_made(tmp_path)


def test_a_package_needs_its_dependencies_and_the_server_of_func(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "function"\ndependencies = ["httpx", "cloudevents>=2"]\n'
    )
    assert Needs.of(tmp_path) == Needs("httpx\ncloudevents>=2\nfunc-python==0.8.1\n", "", tmp_path)


@pytest.mark.parametrize("text", ["[project", "", "project = 1", "[project]\ndependencies = 1\n"])
def test_a_package_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(StartFailed, match=r"pyproject\.toml: cannot be read as a Python project"):
        Needs.of(tmp_path)
