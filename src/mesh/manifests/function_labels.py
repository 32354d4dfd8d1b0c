"""func.yaml's `deploy.labels`, in func's words (knative/func pkg/functions/function_labels.go)."""

from collections.abc import Iterator, Mapping

from mesh.manifests.fields import quoted
from mesh.manifests.function_envs import LOCAL
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.names import key_problems, value_problems


def read_labels(deploy: FunctionFields, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Read `deploy.labels`; a value from the environment is checked as it is there, and stays as written."""
    labels = {}
    for number, entry in enumerate(deploy.entries("labels", ("key", "value"))):
        key, value = entry.text("key"), entry.text("value")
        messages = list(label_problems(key, value, environ))
        for message in messages:
            entry.problem(entry.node, f"label entry #{number} {message}: {entry.node.path}")
        if key and not messages:
            labels[key] = value or ""
    return labels


def label_problems(key: str | None, value: str | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what ValidateLabels says of one entry."""
    if key is None:
        yield "is not properly set" if value is None else f"is missing key field, only value '{value}' is set"
        return
    wrong = key_problems(key)
    if wrong:
        yield f"has invalid key set: {quoted(key)}; {''.join(wrong)}"
    if value is not None:
        yield from _value(key, value, environ)


def _value(key: str, value: str, environ: Mapping[str, str]) -> Iterator[str]:
    wrong = [] if value.startswith("{{") else value_problems(value)
    if wrong:
        yield f"has invalid value set: {quoted(value)}; {''.join(wrong)}"
    local = LOCAL.fullmatch(value)
    if local:
        yield from _evaluated(key, environ.get(local[1], ""))
    elif value.startswith("{{"):
        allowed = "but allowed is only '{{ env:MY_ENV }}'"
        yield f"with key '{key}' has invalid value field set, it has '{value}', {allowed}"


def _evaluated(key: str, value: str) -> Iterator[str]:
    wrong = [] if value.startswith("{{") else value_problems(value)
    if wrong:
        yield f"with key '{key}' has invalid value when the environment is evaluated: '{value}': {''.join(wrong)}"
