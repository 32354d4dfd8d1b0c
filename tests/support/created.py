"""What `func create -r` makes of this repository's templates, without func (knative/func pkg/functions/template.go)."""

import shutil
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
MANIFEST = "manifest.yaml"


def create(directory: Path, template: str) -> Path:
    """Copy the template but for its manifests, whose defaults go into func.yaml."""
    said: dict[str, Any] = yaml.safe_load((REPOSITORY / MANIFEST).read_text())
    runtime = REPOSITORY / said["templates"] / "python"
    shutil.copytree(runtime / template, directory, ignore=shutil.ignore_patterns(MANIFEST, "__pycache__"))
    for manifest in (runtime / MANIFEST, runtime / template / MANIFEST):
        said |= yaml.safe_load(manifest.read_text()) if manifest.is_file() else {}
    (directory / "func.yaml").write_text(yaml.safe_dump(described(directory.name, said), sort_keys=False))
    return directory


def described(name: str, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "specVersion": "0.36.0",
        "name": name,
        "runtime": "python",
        "created": "2026-01-31T12:00:00Z",
        "invoke": said["invoke"],
        "build": {"builderImages": said["builderImages"], "buildEnvs": said["buildEnvs"]},
    }
