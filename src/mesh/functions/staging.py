"""Staging wraps a layout around a step: the template, the function's own files, the shared packages, its schema.

`python -m mesh.functions.staging [ROOT] --layout parliament` stages every function into ROOT/build/functions/.
"""

import argparse
import filecmp
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh.errors import InvalidManifests, MeshError, UsageError
from mesh.functions import layouts, packaging
from mesh.functions.layouts import Layout
from mesh.functions.recipe import Recipe
from mesh.manifests.model import Function, Project
from mesh.manifests.project import load

DATABASE_ENTRY = "DATABASE_URL"
SCHEMA = "schema.sql"
NAME = "name.txt"  # beside func.py: in an image no directory tells it, and only Knative sets K_SERVICE
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".func", ".venv", ".git", ".pytest_cache")
OF_THE_TEMPLATE_ONLY = shutil.ignore_patterns("__pycache__", "manifest.yaml", "func.yaml", "func.py")


@dataclass(frozen=True, slots=True)
class Staged:
    """A directory that is exactly what `func` uploads."""

    directory: Path
    layout: Layout
    schema: Path | None
    changed: bool  # False: what was there is the same, and stays


def stage(root: Path, function: Function, layout: Layout) -> Staged:
    """Build aside, then rename into place. Raises UsageError for what cannot be staged."""
    try:
        return built_and_swapped(root, function, layout)
    except OSError as error:  # of which shutil.Error is one
        raise UsageError(
            f"{function.origin}: the function cannot be staged: {reasons(error)}: "
            "keep readable files and folders alone in its directory, and build/ writable"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{function.origin}: a text that staging reads is not UTF-8: {error}: save it again"
        ) from error


def built_and_swapped(root: Path, function: Function, layout: Layout) -> Staged:
    source, target, aside = Path(function.directory), place(root, function), root / "build" / "previous"
    refuse_links_out(source, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside.mkdir(exist_ok=True)
    own = layouts.own(source)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=aside) as temporary:
        built = Path(temporary) / target.name
        if own is None:
            wrap(root, function, layout, built)
        else:
            copy(source, built)
        changed = not same(built, target)
        if changed:
            swap(built, target, aside / target.name)
    schema = target / SCHEMA
    return Staged(target, own or layout, schema if own is None and schema.is_file() else None, changed)


def reasons(error: OSError) -> str:
    return "; ".join(why for _, _, why in error.args[0]) if isinstance(error, shutil.Error) else str(error)


def wrap(root: Path, function: Function, layout: Layout, built: Path) -> None:
    template, source, recipe = root / "templates" / "python" / layout, Path(function.directory), Recipe.read(root)
    if not template.is_dir():
        raise UsageError(f"{template} does not exist: staging needs the template of the {layout} layout")
    shutil.copytree(template, built, ignore=OF_THE_TEMPLATE_ONLY)
    copy(source, built)
    for package in recipe.packages:
        if (source / package.name).exists():
            raise UsageError(
                f"{source / package.name}: staging puts the shared package {package.name} there: rename it"
            )
        shutil.copytree(package, built / package.name, ignore=LEFT_OUT)
    write_schema(function, recipe, built / SCHEMA)
    shared = [package.name for package in recipe.packages]
    folder = packaging.package(built, source, shared) if layout == "asgi" else built
    (folder / NAME).write_text(f"{function.name}\n")


def copy(source: Path, built: Path) -> None:
    """All of it, but for what vanished after it was listed: editors have files for a moment."""
    try:
        shutil.copytree(source, built, symlinks=True, ignore=LEFT_OUT, dirs_exist_ok=True)
    except shutil.Error as error:
        there = [one for one in error.args[0] if os.path.lexists(one[0])]
        if there:
            raise shutil.Error(there) from error


def write_schema(function: Function, recipe: Recipe, file: Path) -> None:
    """The inbox' tables, then the step's own, for a step that has a schema or declares a database."""
    if has_schema(function) and recipe.inbox is not None:
        inbox = recipe.inbox.read_text().replace("{schema}", function.name.replace("-", "_"))
        tables = own_tables(function, file) if file.is_file() else ""
        file.write_text(f"{inbox.rstrip()}\n\n{tables}".rstrip() + "\n")


def has_schema(function: Function) -> bool:
    """Whether staging makes its tables known: it has some or declares a database, and has no layout of its own."""
    source = Path(function.directory)
    database = (source / SCHEMA).is_file() or any(entry.name == DATABASE_ENTRY for entry in function.envs)
    return database and layouts.own(source) is None


def own_tables(function: Function, file: Path) -> str:
    try:
        return file.read_text()
    except UnicodeDecodeError as error:
        place = f"{function.origin}: {SCHEMA} beside it"
        raise UsageError(f"{place} is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def refuse_links_out(source: Path, root: Path) -> None:
    """`func` refuses links that leave the directory, and so does staging, before anything is copied."""
    for folder, folders, files in os.walk(source):
        for path in (Path(folder, name) for name in (*folders, *files)):
            if leaves(path, source):
                raise UsageError(
                    f"{shown(path, root)}: a link out of the function's directory, which func refuses: copy the file"
                )


def leaves(path: Path, directory: Path) -> bool:
    """Whether it is a link that does; what vanished after it was listed is none."""
    try:
        text = path.readlink()
    except OSError:
        return False
    return text.is_absolute() or not (path.parent / text).resolve().is_relative_to(directory.resolve())


def shown(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def same(built: Path, target: Path) -> bool:
    """Whether both hold the same files, byte for byte; what Python cached beside them does not count."""
    names = contents(built)
    if not target.is_dir() or names != contents(target):
        return False
    _, differ, unreadable = filecmp.cmpfiles(built, target, names, shallow=False)
    return not differ and not unreadable


def contents(directory: Path) -> list[str]:
    found = (path for path in directory.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted(str(path.relative_to(directory)) for path in found if "__pycache__" not in path.parts)


def swap(built: Path, target: Path, previous: Path) -> None:
    """What was there is kept until the next time: replicas still run in it."""
    if target.exists():
        shutil.rmtree(previous, ignore_errors=True)
        target.rename(previous)
    built.rename(target)


def stage_all(root: Path, functions: Sequence[Function], layout: Layout) -> list[Staged]:
    return [stage(root, function, layout) for function in functions]


def place(root: Path, function: Function) -> Path:
    """Where a function is staged. Raises UsageError for a name that is no single folder."""
    folder = root / "build" / "functions"
    if (folder / function.name).parent != folder or function.name in {"", ".", ".."}:
        raise UsageError(f"{function.origin}: {function.name!r} is no name of a directory")
    return folder / function.name


def read(root: Path) -> Project:
    """Raises InvalidManifests."""
    project = load(root)
    if project.problems:
        raise InvalidManifests(project.problems)
    return project


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mesh.functions.staging", description="Stage every function.")
    parser.add_argument("root", nargs="?", default=".", type=Path)
    parser.add_argument("--layout", default="parliament")
    options = parser.parse_args(arguments)
    try:
        layout = layouts.named(options.layout)
        for staged in stage_all(options.root, read(options.root).functions, layout):
            sys.stdout.write(f"{staged.directory}\n")
    except MeshError as error:
        sys.stderr.write(f"mesh: {error}\n")
        return 2 if isinstance(error, UsageError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
