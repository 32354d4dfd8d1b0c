"""A directory with a func.yaml. Rules and their words: knative/func pkg/functions/function.go."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from mesh.manifests.fields import Findings
from mesh.manifests.function_build import check_build
from mesh.manifests.function_deploy import DEPLOY, check_deploy, check_deployer
from mesh.manifests.function_envs import read_envs
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.function_labels import read_labels
from mesh.manifests.function_layout import UNSUPPORTED, is_unsupported
from mesh.manifests.function_options import read_scale
from mesh.manifests.function_replicas import read_memory, read_probes
from mesh.manifests.function_run import RUN, check_run
from mesh.manifests.metadata import LABEL, LABEL_RULE
from mesh.manifests.model import Function
from mesh.manifests.yaml_nodes import Node

FUNCTION = (
    "specVersion",
    "name",
    "domain",
    "runtime",
    "registry",
    "registryInsecure",
    "image",
    "namespace",
    "deployer",
    "created",
    "invoke",
    "build",
    "run",
    "deploy",
)
NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
NAME_RULE = (
    "must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
INVOKE: Mapping[str, Literal["http", "cloudevent"]] = {"http": "http", "cloudevent": "cloudevent"}


def read_function(document: Node, directory: Path, environ: Mapping[str, str], findings: Findings) -> Function:
    """Read the func.yaml of that directory; labels may refer to the environment."""
    fields = FunctionFields(document, findings, FUNCTION)
    name, invoke = _name(fields), _invoke(fields)
    _check_created(fields)
    runtime = _runtime(fields)
    _check_files(fields, directory)
    _check_rest(fields)
    check_build(fields)
    run = fields.object("run", RUN) or _empty(fields, "run")
    deploy = fields.object("deploy", DEPLOY) or _empty(fields, "deploy")
    check_run(run, invoke, runtime)
    check_deploy(deploy)
    return Function(
        namespace=_namespace(fields) or deploy.text("namespace") or "default",
        name=name,
        directory=str(directory),
        invoke=invoke,
        envs=read_envs(run),
        scale=read_scale(deploy),
        labels={**_own_labels(name), **read_labels(deploy, environ)},
        origin=document.origin,
        probes=read_probes(run, deploy),
        memory_bytes=read_memory(deploy),
    )


def _empty(fields: FunctionFields, path: str) -> FunctionFields:
    return FunctionFields(Node({}, path, fields.node.origin), fields.findings, ())


def _name(fields: FunctionFields) -> str:
    name = fields.required_text("name")
    if name and not NAME.fullmatch(name):
        fields.problem(fields.node.value["name"], f"Function name '{name}' {NAME_RULE}: name")
    return name


def _namespace(fields: FunctionFields) -> str | None:
    namespace = fields.text("namespace")
    if namespace and not LABEL.fullmatch(namespace):
        fields.wrong(fields.node.value["namespace"], LABEL_RULE)
    return namespace


def _check_created(fields: FunctionFields) -> None:
    """A function without the time of its making is not initialized: every command of func refuses it."""
    if not _is_time(fields.text("created") or ""):
        directory = fields.node.origin.file.rpartition("/")[0]
        message = f"'{directory}' does not contain an initialized function: created"
        node = fields.get("created") or fields.node
        fields.problem(node, f"{message} (write a time, such as 2026-01-31T12:00:00Z)")


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year > 1
    except ValueError:
        return False


def _runtime(fields: FunctionFields) -> str:
    runtime = fields.required_text("runtime")
    if runtime not in {"", "python"}:
        node = fields.node.value["runtime"]
        fields.problem(node, f"runtime {runtime} is not run by this mesh: runtime (python)")
    return runtime


def _check_files(fields: FunctionFields, directory: Path) -> None:
    """Only a Python project, as func creates today, has its module elsewhere: knative/func templates/python."""
    own = fields.node.origin.file.rpartition("/")[0]
    if not any((directory / name).is_file() for name in ("func.py", "pyproject.toml")):
        fields.problem(fields.node, f"'{own}' has no func.py (write it there, with a main or a new that takes events)")
    elif is_unsupported(directory):
        fields.problem(fields.node, f"{UNSUPPORTED}: {own}/Procfile (remove it: staging adds the one that runs)")


def _check_rest(fields: FunctionFields) -> None:
    fields.read_texts("specVersion", "domain", "registry", "image")
    fields.boolean("registryInsecure")
    check_deployer(fields)


def _invoke(fields: FunctionFields) -> Literal["http", "cloudevent"]:
    text = fields.text("invoke") or "http"
    if text not in INVOKE:
        message = "scaffolding error. scaffolding not found"
        fields.problem(fields.node.value["invoke"], f"{message}: invoke {text} ({' or '.join(INVOKE)})")
    return INVOKE.get(text, "http")


def _own_labels(name: str) -> dict[str, str]:
    """The labels that func deploy gives every function's Service."""
    return {"boson.dev/function": "true", "function.knative.dev/name": name, "function.knative.dev/runtime": "python"}
