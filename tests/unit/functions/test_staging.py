"""What staging writes, and what it refuses."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.errors import UsageError
from mesh.functions import layouts, staging
from mesh.functions.layouts import Layout
from mesh.functions.migrate import restage
from mesh.functions.recipe import Recipe
from mesh.functions.staging import LEFT_OUT, place, stage
from mesh.manifests.model import Function
from support.hosted import function

FILES = {
    "templates/stage.yaml": "packages: [src/words]\ninbox: src/inbox.sql\n",
    "templates/python/parliament/Procfile": "web: python -m parliament .\n",
    "templates/python/parliament/func.py": "# template\n",
    "templates/python/parliament/manifest.yaml": "invoke: cloudevent\n",
    "templates/python/asgi/pyproject.toml": '[project]\npackages = ["function"] # and more\n',
    "templates/python/asgi/function/__init__.py": "from .func import new\n",
    "templates/python/asgi/function/func.py": "# template\n",
    "src/words/__init__.py": "",
    "src/words/__pycache__/x.pyc": "",
    "src/inbox.sql": "CREATE SCHEMA IF NOT EXISTS {schema};\n",
    "functions/driver-fee/func.yaml": "name: driver-fee\n",
    "functions/driver-fee/func.py": "# step\n",
    "functions/driver-fee/.func/runs/8080/x": "",
}
STAGED = {"Procfile", "func.py", "func.yaml", "name.txt", "schema.sql", "words/__init__.py"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        write(tmp_path / name, text)
    return tmp_path


@pytest.fixture
def fee(root: Path) -> Function:
    return function("driver-fee", root / "functions" / "driver-fee", DATABASE_URL="{{ secret:db:url }}")


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_a_step_is_its_template_its_own_files_the_packages_and_its_schema(root: Path, fee: Function) -> None:
    staged = stage(root, fee, "parliament")
    assert staged.directory == root / "build" / "functions" / "driver-fee"
    assert files(staged.directory) == STAGED
    assert (staged.directory / "name.txt").read_text() == "driver-fee\n"
    assert (staged.directory / "func.py").read_text() == "# step\n"
    assert staged.schema == staged.directory / "schema.sql"


def test_the_schema_is_the_inbox_and_then_the_steps_own(root: Path, fee: Function) -> None:
    write(Path(fee.directory) / "schema.sql", "CREATE TABLE driver_fee.fees ();\n")
    staged = stage(root, fee, "parliament")
    assert (staged.directory / "schema.sql").read_text() == (
        "CREATE SCHEMA IF NOT EXISTS driver_fee;\n\nCREATE TABLE driver_fee.fees ();\n"
    )


def test_in_the_asgi_layout_it_is_inside_the_package_that_takes_its_name_along(root: Path, fee: Function) -> None:
    write(Path(fee.directory) / "func.yaml", "name: driver-fee\ninvoke: cloudevent\nrun: {}\n")
    staged = stage(root, fee, "asgi")
    package = {"function/__init__.py", "function/func.py", "function/name.txt"}
    assert files(staged.directory) == package | {"pyproject.toml", "func.yaml", "schema.sql", "words/__init__.py"}
    assert (staged.directory / "function" / "func.py").read_text() == "# step\n"
    assert (staged.directory / "function" / "name.txt").read_text() == "driver-fee\n"
    assert (staged.directory / "pyproject.toml").read_text() == '[project]\npackages = ["function", "words"]\n'
    assert (staged.directory / "func.yaml").read_text() == "name: driver-fee\ninvoke: http\nrun: {}\n"


def test_a_module_that_the_package_would_lack_is_refused(root: Path, fee: Function) -> None:
    write(Path(fee.directory) / "rules.py", "")
    with pytest.raises(UsageError, match=r"driver-fee/rules\.py: the asgi layout holds func\.py alone"):
        stage(root, fee, "asgi")


@pytest.mark.parametrize("layout", ["parliament", "asgi"])
def test_a_step_whose_module_is_away_gets_none_from_the_template(root: Path, fee: Function, layout: Layout) -> None:
    (Path(fee.directory) / "func.py").unlink()
    staged = stage(root, fee, layout)
    assert not [name for name in files(staged.directory) if name.endswith("func.py")]


def test_the_other_layout_takes_the_place_of_the_first(root: Path, fee: Function) -> None:
    stage(root, fee, "asgi")
    assert stage(root, fee, "parliament").changed
    assert not (place(root, fee) / "pyproject.toml").exists()


def test_a_step_without_a_database_has_no_schema(root: Path, fee: Function) -> None:
    assert stage(root, replace(fee, envs=()), "parliament").schema is None


def test_staging_again_keeps_what_is_the_same_and_replaces_what_is_not(root: Path, fee: Function) -> None:
    target = place(root, fee)
    assert stage(root, fee, "parliament").changed
    write(target / "__pycache__" / "func.pyc", "")
    assert not stage(root, fee, "parliament").changed
    assert (target / "__pycache__").exists()
    write(Path(fee.directory) / "func.py", "# other\n")
    assert stage(root, fee, "parliament").changed
    assert (target / "func.py").read_text() == "# other\n"
    assert not (target / "__pycache__").exists()


def test_only_staged_directories_are_beside_each_other(root: Path, fee: Function) -> None:
    for text in ("# one\n", "# two\n", "# three\n"):
        write(Path(fee.directory) / "func.py", text)
        stage(root, fee, "parliament")
    assert [path.name for path in (root / "build" / "functions").iterdir()] == ["driver-fee"]


def test_a_process_that_runs_in_the_old_directory_keeps_it_until_the_next_staging(
    root: Path, fee: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stage(root, fee, "parliament").directory)
    write(Path(fee.directory) / "func.py", "# other\n")
    stage(root, fee, "parliament")
    assert Path("func.py").read_text() == "# step\n"


@pytest.mark.parametrize(
    ("name", "text", "layout"),
    [
        ("Procfile", "web: python3.11 -m parliament .", "parliament"),
        ("func.py", "from parliament import event\n", "parliament"),
        ("pyproject.toml", "[project]\n", "asgi"),
    ],
)
def test_a_layout_of_its_own_is_taken_as_it_is(root: Path, fee: Function, name: str, text: str, layout: str) -> None:
    write(Path(fee.directory) / name, text)
    staged = stage(root, fee, "parliament")
    assert staged.layout == layout
    assert staged.schema is None
    assert files(staged.directory) == {"func.py", "func.yaml", name}


def link_out(fee: Path) -> None:
    (fee / "shared").symlink_to("../../src/words")


def absolute_link(fee: Path) -> None:
    (fee / "shared.py").symlink_to(fee / "func.py")


def nested_link(fee: Path) -> None:
    (fee / "data").mkdir()
    (fee / "data" / "passwd").symlink_to("../../../../../../../etc/passwd")


@pytest.mark.parametrize("make", [link_out, absolute_link, nested_link])
def test_a_link_out_of_the_directory_is_refused_with_its_place(
    root: Path, fee: Function, make: Callable[[Path], None]
) -> None:
    make(Path(fee.directory))
    with pytest.raises(UsageError, match=r"functions/driver-fee/.*: a link out of the function's directory"):
        stage(root, fee, "parliament")


def test_a_link_that_stays_inside_is_kept(root: Path, fee: Function) -> None:
    (Path(fee.directory) / "also.py").symlink_to("func.py")
    staged = stage(root, fee, "parliament")
    assert (staged.directory / "also.py").readlink() == Path("func.py")


@pytest.mark.parametrize("name", ["../escape", "a/b", "..", ".", ""])
def test_a_name_that_is_no_folder_is_refused(root: Path, fee: Function, name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a directory"):
        place(root, replace(fee, name=name))


def test_a_folder_with_a_shared_packages_name_is_refused(root: Path, fee: Function) -> None:
    write(Path(fee.directory) / "words" / "x.py", "")
    with pytest.raises(UsageError, match="staging puts the shared package words there"):
        stage(root, fee, "parliament")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("packages: [../elsewhere]", "packages: ../elsewhere is outside"),
        ("packages: [src/nothing]", "packages: src/nothing does not exist"),
        ("inbox: /etc/passwd", "inbox: /etc/passwd is outside"),
        ("packages: src", "packages is a list of folders"),
        ("package: [src]", "expected the keys packages and inbox"),
        ("packages: [", "not YAML"),
    ],
)
def test_a_wrong_recipe_is_an_error_that_names_it(root: Path, text: str, said: str) -> None:
    write(root / "templates" / "stage.yaml", text)
    with pytest.raises(UsageError, match=r"templates/stage\.yaml: ") as raised:
        Recipe.read(root)
    assert said in str(raised.value)


def test_an_unknown_layout_is_an_error() -> None:
    with pytest.raises(UsageError, match="there is no layout 'wsgi': choose parliament or asgi"):
        layouts.named("wsgi")


def test_a_named_pipe_is_an_error_that_names_the_function_and_the_pipe(root: Path, fee: Function) -> None:
    os.mkfifo(Path(fee.directory) / "queue.py")
    with pytest.raises(UsageError, match=r"functions/driver-fee/func\.yaml:1: .*/queue\.py` is a named pipe: keep "):
        stage(root, fee, "parliament")


def test_a_schema_that_is_not_utf_8_is_an_error_that_names_it(root: Path, fee: Function) -> None:
    (Path(fee.directory) / "schema.sql").write_bytes(b"-- caf\xe9\n")
    with pytest.raises(
        UsageError, match=r"driver-fee/func\.yaml:1: schema\.sql beside it is not UTF-8 \(byte 6\): save"
    ):
        stage(root, fee, "parliament")


def test_a_directory_that_is_gone_is_an_error_and_what_was_staged_stays(root: Path, fee: Function) -> None:
    stage(root, fee, "parliament")
    shutil.rmtree(fee.directory)
    with pytest.raises(UsageError, match=r"driver-fee/func\.yaml:1: the function cannot be staged: .*No such file"):
        stage(root, fee, "parliament")
    assert (place(root, fee) / "func.py").read_text() == "# step\n"


def test_what_vanishes_after_it_was_listed_is_not_missed(
    root: Path, fee: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = Path(fee.directory) / "data" / "4913"  # what vim tries a directory with
    write(passing, "")

    def listed(folder: str, names: list[str]) -> set[str]:
        if passing.name in names:
            passing.unlink()
        return LEFT_OUT(folder, names)

    monkeypatch.setattr(staging, "LEFT_OUT", listed)
    staged = stage(root, fee, "parliament")
    assert files(staged.directory) == STAGED
    assert (staged.directory / "name.txt").read_text() == "driver-fee\n"


def test_a_migration_leaves_the_layout_as_it_was_staged(root: Path, fee: Function) -> None:
    assert [staged.layout for staged in restage(root, [fee])] == ["parliament"]
    stage(root, fee, "asgi")
    (staged,) = restage(root, [fee])
    assert (staged.layout, staged.changed, staged.schema) == ("asgi", False, staged.directory / "schema.sql")
