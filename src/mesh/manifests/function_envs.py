"""func.yaml's `run.envs` and `build.buildEnvs`, in func's words (knative/func pkg/functions/function_envs.go)."""

import re
from collections.abc import Callable, Iterator, Sequence

from mesh.manifests.fields import quoted
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.model import Env
from mesh.manifests.names import variable_problems

ENV = ("name", "value")
WHOLE = re.compile(r"(?a)\{\{\s*(secret|configMap):((?:\w|['-]\w)+)\s*\}\}")
KEY = re.compile(r"(?a)\{\{\s*(secret|configMap):((?:\w|['-]\w)+):([-._a-zA-Z0-9]+)\s*\}\}")
LOCAL = re.compile(r"(?a)\{\{\s*env:(\w+)\s*\}\}")

Rule = Callable[[str | None, str | None], Iterator[str]]


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


def _check(entries: Sequence[FunctionFields], rule: Rule) -> None:
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        name = entry.text("name")
        if name is not None and first.setdefault(name, number) != number:
            _say(entry, number, f"has duplicate name {quoted(name)} (first defined at entry #{first[name]})")
        for message in rule(name, entry.text("value")):
            _say(entry, number, message)


def _say(entry: FunctionFields, number: int, message: str) -> None:
    entry.problem(entry.node, f"env entry #{number} {message}: {entry.node.path}")


def _env(name: str | None, value: str | None) -> Iterator[str]:
    if name is not None or value is None:
        allowed = "'{{ env:MY_ENV }}', '{{ secret:secretName:key }}' or '{{ configMap:configMapName:key }}'"
        yield from _named(name, value, (LOCAL, KEY), allowed)
    elif not WHOLE.fullmatch(value):
        yield _not_allowed(value, "'{{ secret:secretName }}' or '{{ configMap:configMapName }}'")


def _build_env(name: str | None, value: str | None) -> Iterator[str]:
    if name is not None or value is None:
        yield from _named(name, value, (LOCAL,), "'{{ env:MY_ENV }}'")
    else:
        yield f"is missing name field, only value '{value}' is set"


def _named(name: str | None, value: str | None, patterns: Sequence[re.Pattern[str]], allowed: str) -> Iterator[str]:
    if name is None:
        yield "is not properly set"
        return
    if value is None:
        yield f"is missing value field, only name '{name}' is set"
        return
    wrong = variable_problems(name)
    if wrong:
        yield f"has invalid name set: {quoted(name)}; {''.join(wrong)}"
    if value.startswith("{{") and not any(pattern.fullmatch(value) for pattern in patterns):
        yield f"with name '{name}' {_not_allowed(value, allowed)}"


def _not_allowed(value: str, allowed: str) -> str:
    return f"has invalid value field set, it has '{value}', but allowed is only {allowed}"
