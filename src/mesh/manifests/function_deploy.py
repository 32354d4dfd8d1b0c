"""func.yaml's labels and volumes, in func's words (knative/func pkg/functions/function_{labels,volumes}.go)."""

import posixpath
import re
from collections.abc import Mapping

from mesh.manifests.function_envs import LOCAL
from mesh.manifests.function_fields import FunctionFields

LABEL_NAME = re.compile(r"(?=.{1,63}$)([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
LABEL_PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NAME_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
VOLUME_TYPES = ("secret", "configMap", "persistentVolumeClaim", "emptyDir")


def read_labels(deploy: FunctionFields) -> Mapping[str, str]:
    """Read `deploy.labels`; a value from the environment stays as written."""
    labels = {}
    for number, entry in enumerate(deploy.entries("labels", ("key", "value"))):
        key, value = entry.text("key"), entry.text("value")
        message = _label(key, value)
        if message:
            entry.problem(entry.node, f"label entry #{number} {message}: {entry.node.path}")
        elif key:
            labels[key] = value or ""
    return labels


def _label(key: str | None, value: str | None) -> str | None:
    if key is None:
        return "is not properly set" if value is None else f"is missing key field, only value '{value}' is set"
    if not _is_qualified(key):
        return f'has invalid key set: "{key}"; {NAME_RULE}'
    if value is None or LOCAL.fullmatch(value):
        return None
    if value.startswith("{{"):
        allowed = "'{{ env:MY_ENV }}'"
        return f"with key '{key}' has invalid value field set, it has '{value}', but allowed is only {allowed}"
    if value and not LABEL_NAME.fullmatch(value):
        return f'has invalid value set: "{value}"; {VALUE_RULE}'
    return None


def _is_qualified(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return bool(LABEL_NAME.fullmatch(name)) and (not slash or bool(LABEL_PREFIX.fullmatch(prefix)))


def check_volumes(run: FunctionFields) -> None:
    """Check `run.volumes`, which the mesh does not mount, and say so."""
    first: dict[str, int] = {}
    for number, entry in enumerate(run.entries("volumes", ("path", *VOLUME_TYPES))):
        path = entry.text("path")
        for message in _volume(entry, path, first, number):
            entry.problem(entry.node, f"volume entry #{number} {message}: {entry.node.path}")
        entry.findings.warning(entry.node, f"mounted on the cluster only: {entry.node.path}")


def _volume(entry: FunctionFields, path: str | None, first: dict[str, int], number: int) -> list[str]:
    types = [name for name in VOLUME_TYPES if entry.get(name)]
    messages = _volume_type(entry)
    if path is None:
        messages.append("is missing path field")
    elif first.setdefault(posixpath.normpath(path), number) != number:
        messages.append(f'has duplicate path "{path}" (first defined at entry #{first[posixpath.normpath(path)]})')
    if not types:
        messages.append(f"is missing a volume type (one of {', '.join(VOLUME_TYPES)})")
    elif len(types) > 1:
        messages.append("may not specify more than one volume type")
    return messages


def _volume_type(entry: FunctionFields) -> list[str]:
    claim = entry.object("persistentVolumeClaim", ("claimName", "readOnly"))
    directory = entry.object("emptyDir", ("medium", "sizeLimit"))
    medium = directory and directory.text("medium")
    messages = []
    if claim is not None and claim.text("claimName") is None:
        messages.append("is missing claim name")
    if medium not in {None, "", "Memory"}:
        messages.append(f"has invalid storage medium ({medium})")
    return messages
