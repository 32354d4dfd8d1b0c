"""func.yaml's `run.volumes`, in func's words (knative/func pkg/functions/function_volumes.go)."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from mesh.manifests.fields import quoted
from mesh.manifests.function_fields import FunctionFields

TYPES = ("secret", "configMap", "persistentVolumeClaim", "emptyDir")
MEMORY = "Memory"
NO_TYPE = "is missing a volume type"
REMEDIES = {NO_TYPE: f" (one of {', '.join(TYPES)})"}


@dataclass(frozen=True, slots=True)
class Volume:
    """What one entry says; `types` are those of TYPES that it has."""

    types: frozenset[str]
    path: str | None = None
    secret: str | None = None
    config_map: str | None = None
    claim: str | None = None
    medium: str = ""
    size: str | None = None

    def __str__(self) -> str:
        at = "" if self.path is None else f' at path: "{self.path}"'
        return f"{self._kind()}{at}"

    def _kind(self) -> str:
        if "configMap" in self.types:
            return f'ConfigMap "{self.config_map}"'
        if "secret" in self.types:
            return f'Secret "{self.secret}"'
        if "persistentVolumeClaim" in self.types:
            return "PersistentVolumeClaim" + ("" if self.claim is None else f' "{self.claim}"')
        if "emptyDir" in self.types:
            memory = " in memory" if self.medium == MEMORY else ""
            return f"EmptyDir{memory}" + ("" if self.size is None else f' with size limit "{self.size}"')
        return "No volume type"


def check_volumes(run: FunctionFields) -> None:
    """Check `run.volumes`, which the mesh does not mount, and say so."""
    first: dict[str, int] = {}
    for number, entry in enumerate(run.entries("volumes", ("path", *TYPES))):
        volume = _read(entry)
        path = None if volume.path is None else posixpath.normpath(volume.path)
        if path is not None and first.setdefault(path, number) != number:
            _say(
                entry, number, f"has duplicate path {quoted(volume.path or '')} (first defined at entry #{first[path]})"
            )
        for message in volume_problems(volume):
            _say(entry, number, f"({volume}) {message}", REMEDIES.get(message, ""))
        entry.findings.warning(entry.node, f"mounted on the cluster only: {entry.node.path}")


def _say(entry: FunctionFields, number: int, message: str, remedy: str = "") -> None:
    entry.problem(entry.node, f"volume entry #{number} {message}: {entry.node.path}{remedy}")


def volume_problems(volume: Volume) -> Iterator[str]:
    """Yield what validateVolumes says of one entry alone."""
    if "persistentVolumeClaim" in volume.types and volume.claim is None:
        yield "is missing claim name"
    if volume.medium not in {"", MEMORY}:
        yield f"has invalid storage medium ({volume.medium})"
    if not volume.types:
        yield NO_TYPE
    elif len(volume.types) > 1:
        yield "may not specify more than one volume type"
    if volume.path is None:
        yield "is missing path field"


def _read(entry: FunctionFields) -> Volume:
    claim = entry.object("persistentVolumeClaim", ("claimName", "readOnly"))
    directory = entry.object("emptyDir", ("medium", "sizeLimit"))
    if claim:
        claim.boolean("readOnly")
    return Volume(
        types=frozenset(name for name in TYPES if entry.get(name)),
        path=entry.text("path"),
        secret=entry.text("secret"),
        config_map=entry.text("configMap"),
        claim=claim.text("claimName") if claim else None,
        medium=(directory and directory.text("medium")) or "",
        size=directory.text("sizeLimit") if directory else None,
    )
