"""`local.secrets.yaml`: values that Secrets and ConfigMaps hold on the cluster, for this machine alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mesh.errors import InvalidManifests
from mesh.manifests.problem import Origin, Problem

FILE = "local.secrets.yaml"
Objects = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class LocalValues:
    """Name → key → value; never shown."""

    secret: Objects = field(default_factory=dict, repr=False)
    config_map: Objects = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, root: Path) -> "LocalValues":
        """Raises InvalidManifests; without the file there are no values."""
        file = root / FILE
        if not file.is_file():
            return cls()
        try:
            said = yaml.safe_load(file.read_text()) or {}
        except yaml.YAMLError as error:
            place = getattr(error, "problem_mark", None)
            raise wrong("not YAML", place.line + 1 if place else 1) from None  # its text may be a secret
        except UnicodeDecodeError:
            raise wrong("not UTF-8: save it as UTF-8") from None
        if not isinstance(said, dict) or not said.keys() <= {"secret", "configMap"}:
            raise wrong("expected {secret: {name: {key: value}}, configMap: …}")
        return cls(objects("secret", said.get("secret")), objects("configMap", said.get("configMap")))


def objects(kind: str, said: Any) -> Objects:
    names = said or {}
    if not isinstance(names, dict) or not all(isinstance(keys, dict) for keys in names.values()):
        raise wrong(f"{kind}: expected {{name: {{key: value}}}}")
    return {str(name): {str(key): text(value) for key, value in keys.items()} for name, keys in names.items()}


def text(value: Any) -> str:
    """A secret is text; YAML's booleans as they were most likely written."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def wrong(message: str, line: int = 0) -> InvalidManifests:
    return InvalidManifests([Problem(Origin(FILE, line), message)])
