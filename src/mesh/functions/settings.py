"""The environment of a function's process: func.yaml, the shell, local.secrets.yaml, the dev service, SinkBindings."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from mesh.errors import StartFailed
from mesh.functions.local_values import FILE, LocalValues
from mesh.manifests.model import Destination, Env, Function, SinkBinding
from mesh.manifests.problem import Problem
from mesh.manifests.sink_binding import binds

DATABASE_URL = "DATABASE_URL"
UNTIL_IT_RUNS = "postgresql:///"  # the dev service
REFERENCE = re.compile(r"\{\{\s*(env|secret|configMap)\s*:\s*([^:}\s]+)\s*(?::\s*([^:}\s]+)\s*)?\}\}")
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
TELEMETRY = "OTEL_"
SIGNALS = ("TRACES", "METRICS", "LOGS")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values are looked for, in this order; `database` is the dev service's URL, None while there is none."""

    shell: Mapping[str, str] = field(repr=False)
    local: LocalValues = field(repr=False)
    database: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Resolved:
    values: Mapping[str, str] = field(repr=False)
    missing: tuple[Problem, ...] = ()


def resolve(function: Function, sources: Sources) -> Resolved:
    """The values of func.yaml's envs, and every entry that has none (design section 11)."""
    values: dict[str, str] = {}
    missing: list[Problem] = []
    for entry in function.envs:
        found = entry_values(entry, sources)
        if found is None:
            missing.append(Problem(entry.origin, remedy(entry)))
        else:
            values |= found
    return Resolved(values, tuple(missing))


def needs_dev_database(function: Function, sources: Sources) -> bool:
    """Whether it declares DATABASE_URL and finds no value for it elsewhere."""
    return any(entry.name == DATABASE_URL and entry_values(entry, sources) is None for entry in function.envs)


def entry_values(entry: Env, sources: Sources) -> Mapping[str, str] | None:
    """What one entry adds, None when it has no value. A nameless entry is a whole Secret or ConfigMap."""
    if entry.name and entry.name in sources.shell:
        return {entry.name: sources.shell[entry.name]}
    reference = REFERENCE.fullmatch(entry.value.strip())
    if reference is None:
        return {entry.name: entry.value}
    kind, name, key = reference.groups()
    if kind == "env":
        value = sources.shell.get(name)
    else:
        held = (sources.local.secret if kind == "secret" else sources.local.config_map).get(name)
        if not entry.name:
            return held
        value = (held or {}).get(key)
    if value is None and entry.name == DATABASE_URL:
        value = sources.database
    return None if value is None else {entry.name: value}


def remedy(entry: Env) -> str:
    reference = REFERENCE.fullmatch(entry.value.strip())
    kind, name, key = reference.groups() if reference else ("env", entry.name, None)
    if kind == "env":
        return f"{entry.name} has no value: set the environment variable {entry.name}" + (
            f" or {name}" if name != entry.name else ""
        )
    place = f"{kind}.{name}.{key}" if key else f"{kind}.{name}"
    if not entry.name:
        return f"{place} has no value: put its keys into {FILE}"
    return f"{entry.name} has no value: set the environment variable {entry.name}, or {place} in {FILE}"


def lacking(functions: Iterable[Function], sources: Sources) -> tuple[Problem, ...]:
    """All entries of all functions that will have no value once the dev service runs, each with its remedy."""
    given = replace(sources, database=UNTIL_IT_RUNS)
    return tuple(problem for function in functions for problem in resolve(function, given).missing)


def require(functions: Iterable[Function], sources: Sources) -> None:
    """Raises StartFailed with all that is missing."""
    missing = lacking(functions, sources)
    if missing:
        raise StartFailed("\n".join(map(str, missing)))


def bound(function: Function, bindings: Iterable[SinkBinding], url: Callable[[Destination], str]) -> dict[str, str]:
    """What SinkBindings inject: knative/eventing pkg/apis/sources/v1/sinkbinding_lifecycle.go, Do()."""
    values: dict[str, str] = {}
    for binding in bindings:
        if binds(binding, function):
            extensions = {"extensions": dict(binding.extensions)}
            overrides = json.dumps(extensions, separators=(",", ":")) if binding.extensions else ""
            values = {"K_SINK": url(binding.sink), "K_CE_OVERRIDES": overrides}
    return values


def environment(
    function: Function, shell: Mapping[str, str], own: Mapping[str, str], generation: int
) -> dict[str, str]:
    """Everything that a replica's process gets: a container's worth of the shell, Serving's names, its own values."""
    serving = {
        "K_SERVICE": function.name,
        "K_CONFIGURATION": function.name,
        "K_REVISION": f"{function.name}-{generation:05d}",
        "ADDRESS": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
    passed_on = {name: value for name, value in shell.items() if name in PASSED_ON or name.startswith(TELEMETRY)}
    return {**telemetry(function.name), **passed_on, **serving, **quiet({**passed_on, **own}), **own}


def telemetry(name: str) -> dict[str, str]:
    """An unreachable collector holds the exit up for seconds unless the exporter gives up sooner."""
    return {"OTEL_SERVICE_NAME": name, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}


def quiet(given: Mapping[str, str]) -> dict[str, str]:
    """Export nothing when no collector is configured."""
    if any(name.startswith("OTEL_EXPORTER_OTLP") and name.endswith("ENDPOINT") for name in given):
        return {}
    exporters = (f"OTEL_{signal}_EXPORTER" for signal in SIGNALS)
    return {name: "none" for name in exporters if name not in given}
