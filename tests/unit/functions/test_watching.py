"""What a saved file means."""

from pathlib import Path

import pytest
from watchfiles import Change

from mesh.functions.watching import Saved, Sources, saved
from mesh.manifests.model import Function
from support.hosted import function

BOTH = frozenset({"cabs/invoice", "cabs/notify"})


@pytest.fixture
def functions(tmp_path: Path) -> list[Function]:
    return [function(name, tmp_path / "functions" / name) for name in ("invoice", "notify")]


def after(root: Path, functions: list[Function], name: str, text: str = "") -> Saved:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return saved(root, functions, [(Change.modified, str(file))])


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("functions/invoice/func.py", Saved(frozenset({"cabs/invoice"}))),
        ("functions/invoice/schema.sql", Saved(frozenset({"cabs/invoice"}))),
        ("functions/elsewhere/func.py", Saved()),
        ("src/step/inbox.py", Saved(BOTH)),
        ("templates/python/parliament/requirements.txt", Saved(BOTH)),
        ("functions/invoice/func.yaml", Saved(manifests=True)),
        ("functions/brand-new/func.yaml", Saved(manifests=True)),
        ("broker/200-broker.yaml", Saved(manifests=True)),
        ("triggers/invoice.yaml", Saved(manifests=True)),
    ],
)
def test_a_file_concerns_its_function_or_all_or_the_manifests(
    tmp_path: Path, functions: list[Function], name: str, means: Saved
) -> None:
    assert after(tmp_path, functions, name) == means


def test_a_file_that_does_not_compile_is_told_with_its_place_and_replaces_nothing(
    tmp_path: Path, functions: list[Function]
) -> None:
    means = after(tmp_path, functions, "functions/invoice/func.py", "x = 1\nif x\n")
    assert means.functions == frozenset()
    assert means.mistakes == ("functions/invoice/func.py:2: expected ':'; the replicas that run stay",)


def test_a_removed_file_concerns_its_function_too(tmp_path: Path, functions: list[Function]) -> None:
    gone = str(tmp_path / "functions" / "invoice" / "words.py")
    assert saved(tmp_path, functions, [(Change.deleted, gone)]) == Saved(frozenset({"cabs/invoice"}))


def test_a_directory_that_is_moved_away_concerns_the_manifests(tmp_path: Path, functions: list[Function]) -> None:
    assert saved(tmp_path, functions, [(Change.deleted, functions[0].directory)]).manifests


@pytest.mark.parametrize("name", ["functions/invoice/.func/runs/8080", "src/step/__pycache__/a.pyc", ".git/index"])
def test_what_tools_write_is_not_watched(name: str) -> None:
    assert not Sources()(Change.added, f"/project/{name}")
