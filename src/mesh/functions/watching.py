"""Which functions a saved file concerns, and whether Python can read it at all."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from mesh.functions.recipe import Recipe
from mesh.manifests.model import Function

MANIFESTS = ("broker", "triggers", "sources")
FUNCTION_MANIFEST = "func.yaml"
DEBOUNCE_MILLISECONDS = 200  # editors write a file in several steps
STEP_MILLISECONDS = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """`functions` are keys; `mistakes` are sentences about files that do not compile, whose functions are left out."""

    functions: frozenset[str] = frozenset()
    manifests: bool = False
    mistakes: tuple[str, ...] = ()


class Sources(DefaultFilter):
    """Leaves out what tools write beside sources."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, ".func", "build")


async def saves(root: Path, functions: Callable[[], Sequence[Function]]) -> AsyncIterator[Saved]:
    """One item for all files that are saved together. Folders that appear later are not watched."""
    folders = [folder for folder in watched(root) if folder.exists()]
    async for changes in awatch(
        *folders, watch_filter=Sources(), debounce=DEBOUNCE_MILLISECONDS, step=STEP_MILLISECONDS
    ):
        yield saved(root, functions(), changes)


def watched(root: Path) -> Iterable[Path]:
    there = root.resolve()
    own = (there / name for name in ("functions", "templates", *MANIFESTS))
    return (*own, *Recipe.read(root).packages)


def saved(root: Path, functions: Sequence[Function], changes: Iterable[tuple[Change, str]]) -> Saved:
    """What the changes mean as a whole."""
    there, concerned, broken, mistakes = root.resolve(), set[str](), set[str](), list[str]()
    manifests = False
    for change, name in sorted(changes):
        path = Path(name)
        manifests |= is_manifest(there, path) or any(path == Path(function.directory) for function in functions)
        keys = concerns(there, path, functions)
        mistake = None if change is Change.deleted else syntax_error(there, path)
        if mistake:
            mistakes.append(mistake)
            broken |= keys
        concerned |= keys
    return Saved(frozenset(concerned - broken), manifests, tuple(mistakes))


def is_manifest(root: Path, path: Path) -> bool:
    if path.name == FUNCTION_MANIFEST:
        return path.is_relative_to(root / "functions")
    return any(path.is_relative_to(root / folder) for folder in MANIFESTS)


def concerns(root: Path, path: Path, functions: Sequence[Function]) -> set[str]:
    """A function's own file concerns that function, a template's or a shared package's all of them."""
    if is_manifest(root, path):
        return set()  # loading the manifests again finds out
    if path.is_relative_to(root / "functions"):
        return {function.key for function in functions if path.is_relative_to(function.directory)}
    return {function.key for function in functions}


def syntax_error(root: Path, path: Path) -> str | None:
    """`functions/invoice/func.py:12: invalid syntax`, None for what compiles or is no Python."""
    if path.suffix != ".py" or not path.is_file():
        return None
    try:
        compile(path.read_bytes(), path, "exec")
    except OSError:
        return None  # gone again, or not ours to read
    except SyntaxError as error:
        return f"{path.relative_to(root)}:{error.lineno or 1}: {error.msg}; the replicas that run stay"
    except ValueError as error:
        return f"{path.relative_to(root)}: {error}; the replicas that run stay"
    return None
