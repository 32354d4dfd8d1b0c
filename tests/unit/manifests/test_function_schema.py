"""func.yaml against func's JSON schema: every one that is here, and where the command line thinks otherwise."""

from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mesh.functions.layouts import Layout
from mesh.functions.staging import stage
from mesh.manifests.project import load
from support.func_schema import json_schema
from support.mesh import copied_project
from support.project_directory import ProjectDirectory
from support.steps import ROOT, STEPS

FILE = "functions/invoice/func.yaml"
SCHEMA = jsonschema.Draft4Validator(json_schema())


def said(text: str) -> Any:
    document = yaml.safe_load(text)
    return {name: str(value) if isinstance(value, datetime) else value for name, value in document.items()}


def faults(text: str) -> list[str]:
    return sorted(f"{'.'.join(map(str, error.path))}: {error.validator}" for error in SCHEMA.iter_errors(said(text)))


@pytest.mark.parametrize("step", STEPS)
def test_the_schema_finds_nothing_wrong_with_a_steps(step: str) -> None:
    assert faults((ROOT / "functions" / step / "func.yaml").read_text()) == []


@pytest.mark.parametrize("layout", ["parliament", "asgi"])
def test_the_schema_finds_nothing_wrong_with_what_is_staged(layout: Layout, tmp_path: Path) -> None:
    project = load(copied_project(tmp_path / "project"))
    staged = [stage(tmp_path / "project", function, layout).directory for function in project.functions]
    assert {one.name: faults((one / "func.yaml").read_text()) for one in staged} == {step: [] for step in STEPS}


def test_the_schema_finds_nothing_wrong_with_what_make_new_writes() -> None:
    template = (ROOT / "scripts/new/func.yaml.txt").read_text()
    written = template.replace("«step»", "surge-pricing").replace("«created»", "2026-01-31T12:00:00Z")
    assert faults(written) == []


def test_the_schema_is_strict() -> None:
    text = "name: -a\nspecVersion: 0.36.0\ndeploy: {labels: [{value: x}], option: {}, options: {scale: {min: -1}}}\n"
    assert faults(text) == [
        ": required",
        "deploy.labels.0: required",
        "deploy.options.scale.min: minimum",
        "deploy: additionalProperties",
        "name: pattern",
    ]


# Where the schema and the command line disagree, the mesh does as the command line.
DISAGREE = {
    "the host builder": ("run:\n", "build: {builder: host}\nrun:\n", "build.builder: enum", ""),
    "a label from the environment": (
        "value: cabs\n",
        "value: '{{ env:USER }}'\n",
        "deploy.labels.0.value: pattern",
        "",
    ),
    "a duration as func writes it": ("run:\n", "run:\n  startTimeout: 1m0s\n", "run.startTimeout: type", ""),
    "a number for a text": ("value: cabs\n", "value: 1\n", "deploy.labels.0.value: type", ""),
    "a name that begins with a digit": ("name: invoice", "name: 1invoice", "", "Function name '1invoice' must"),
    "a target of nothing": ("min: 0", "target: 0", "", 'options field "scale.target" has value set to "0.000000"'),
    "a quantity without its number's unit": (
        "scale: {min: 0, max: 10}",
        "resources: {limits: {memory: 1Mm}}",
        "",
        'options field "resources.limits.memory" has invalid value set: "1Mm"',
    ),
}


@pytest.mark.parametrize(("old", "new", "by_schema", "by_func"), DISAGREE.values(), ids=DISAGREE.keys())
def test_the_command_line_decides_on(
    old: str, new: str, by_schema: str, by_func: str, project: ProjectDirectory
) -> None:
    project.edit(FILE, old, new)
    assert faults((project.root / FILE).read_text()) == ([by_schema] if by_schema else [])
    problems = [problem for problem in project.problems() if problem.startswith(FILE)]
    assert [problem.partition(": ")[2][: len(by_func)] for problem in problems] == ([by_func] if by_func else [])
