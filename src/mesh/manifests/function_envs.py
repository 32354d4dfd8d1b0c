"""func.yaml's `run.envs` and `build.buildEnvs`, in func's words (knative/func pkg/functions/function_envs.go)."""

import re
from collections.abc import Callable, Sequence

from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.model import Env

ENV = ("name", "value")
WHOLE = re.compile(r"\{\{\s*(secret|configMap):((?:\w|['-]\w)+)\s*\}\}")
KEY = re.compile(r"\{\{\s*(secret|configMap):((?:\w|['-]\w)+):([-._a-zA-Z0-9]+)\s*\}\}")
LOCAL = re.compile(r"\{\{\s*env:(\w+)\s*\}\}")
NAME = re.compile(r"(?!\.\.)[-._a-zA-Z][-._a-zA-Z0-9]*")
NAME_RULE = (
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', "
    "and must not start with a digit"
)

Check = Callable[[str | None, str | None], str | None]


def read_envs(run: FunctionFields) -> tuple[Env, ...]:
    """Read `run.envs`; the entry that stands for a whole secret or config map has an empty name."""
    entries = run.entries("envs", ENV)
    _check(entries, _env)
    return tuple(
        Env(entry.text("name") or "", value, entry.node.origin)
        for entry in entries
        if (value := entry.text("value")) is not None
    )


def check_build_envs(build: FunctionFields) -> None:
    """Check `build.buildEnvs`, which only func uses."""
    _check(build.entries("buildEnvs", ENV), _build_env)


def _check(entries: Sequence[FunctionFields], rule: Check) -> None:
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        name = entry.text("name")
        if name is not None and first.setdefault(name, number) != number:
            _say(entry, number, f'has duplicate name "{name}" (first defined at entry #{first[name]})')
        message = rule(name, entry.text("value"))
        if message:
            _say(entry, number, message)


def _say(entry: FunctionFields, number: int, message: str) -> None:
    entry.problem(entry.node, f"env entry #{number} {message}: {entry.node.path}")


def _env(name: str | None, value: str | None) -> str | None:
    if name is None and value is not None:
        allowed = "'{{ secret:secretName }}' or '{{ configMap:configMapName }}'"
        return None if WHOLE.fullmatch(value) else _not_allowed(value, allowed)
    allowed = "'{{ env:MY_ENV }}', '{{ secret:secretName:key }}' or '{{ configMap:configMapName:key }}'"
    return _named(name, value, (LOCAL, KEY), allowed)


def _build_env(name: str | None, value: str | None) -> str | None:
    if name is None and value is not None:
        return f"is missing name field, only value '{value}' is set"
    return _named(name, value, (LOCAL,), "'{{ env:MY_ENV }}'")


def _named(name: str | None, value: str | None, patterns: Sequence[re.Pattern[str]], allowed: str) -> str | None:
    if name is None:
        return "is not properly set"
    if value is None:
        return f"is missing value field, only name '{name}' is set"
    if not NAME.fullmatch(name) or name == ".":
        return f'has invalid name set: "{name}"; {NAME_RULE}'
    if value.startswith("{{") and not any(pattern.fullmatch(value) for pattern in patterns):
        return f"with name '{name}' {_not_allowed(value, allowed)}"
    return None


def _not_allowed(value: str, allowed: str) -> str:
    return f"has invalid value field set, it has '{value}', but allowed is only {allowed}"
