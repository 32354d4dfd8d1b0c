"""What staging adds to every step, as `templates/stage.yaml` says it: `packages: [...]` and `inbox: FILE`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mesh.errors import UsageError

FILE = Path("templates", "stage.yaml")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Packages to copy in, and the DDL of the inbox with `{schema}` in place of the step's schema."""

    packages: tuple[Path, ...] = ()
    inbox: Path | None = None

    @classmethod
    def read(cls, root: Path) -> "Recipe":
        """Raises UsageError; without the file nothing is added."""
        file = root / FILE
        if not file.is_file():
            return cls()
        try:
            said = yaml.safe_load(file.read_text()) or {}
        except yaml.YAMLError as error:
            raise UsageError(f"{FILE}: not YAML: {error}") from error
        if not isinstance(said, dict) or not said.keys() <= {"packages", "inbox"}:
            raise UsageError(f"{FILE}: expected the keys packages and inbox")
        packages = said.get("packages") or []
        if not isinstance(packages, list):
            raise UsageError(f"{FILE}: packages is a list of folders")
        return cls(
            tuple(inside(root, "packages", package) for package in packages),
            inside(root, "inbox", said["inbox"]) if said.get("inbox") else None,
        )


def inside(root: Path, key: str, text: Any) -> Path:
    path = (root / str(text)).resolve()
    if not path.is_relative_to(root.resolve()):
        raise UsageError(f"{FILE}: {key}: {text} is outside {root}")
    if not path.exists():
        raise UsageError(f"{FILE}: {key}: {text} does not exist")
    return path
