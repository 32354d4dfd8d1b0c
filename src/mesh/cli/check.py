"""`mesh check`: everything that is wrong with a project, without running it."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mesh.cli.parser import Commands, Parser, command
from mesh.cli.screen import counted, show, show_document
from mesh.errors import InvalidManifests, UsageError
from mesh.manifests.model import Project
from mesh.manifests.problem import Problem
from mesh.text import printable


def add(commands: "Commands[Parser]") -> None:
    parser = command(commands, "check", _run, "validate functions/, broker/, triggers/ and sources/ of a directory")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), metavar="DIR", help="the project (.)")


def _run(arguments: argparse.Namespace) -> int:
    from mesh.manifests.project import load  # noqa: PLC0415 - YAML is read by this command alone

    project, needs = with_local_values(load(arguments.directory), os.environ)
    if arguments.output == "json":
        show_document(_document(project, needs))
    else:
        for line in report(project, needs):
            show(printable(line))
    if project.problems:
        raise UsageError(f"{counted(len(project.problems), 'problem')} in {arguments.directory}")
    return 0


def with_local_values(project: Project, shell: Mapping[str, str]) -> tuple[Project, Sequence[Problem]]:
    """The project, faults of `local.secrets.yaml` included, and what `mesh up` will miss on this machine."""
    from mesh.functions.local_values import LocalValues  # noqa: PLC0415 - as above
    from mesh.functions.settings import Sources, lacking  # noqa: PLC0415

    try:
        return project, lacking(project.functions, Sources(shell, LocalValues.read(Path(project.root))))
    except InvalidManifests as error:
        return replace(project, problems=(*project.problems, *error.problems)), ()


def report(project: Project, needs: Sequence[Problem]) -> list[str]:
    """Return the lines for a reader: problems first, each with its place.

    Needs are none of the manifests' problems: the values are elsewhere, on the cluster or on another machine.
    """
    return [
        *(str(problem) for problem in project.problems),
        *(f"warning: {warning}" for warning in project.warnings),
        *(f"needs: {need}" for need in needs),
        *(f"for the cluster only: {thing}" for thing in project.cluster_only),
        *([] if project.problems else [_summary(project)]),
    ]


def _summary(project: Project) -> str:
    return (
        f"{counted(len(project.brokers), 'broker')}, {counted(len(project.triggers), 'trigger')} and "
        f"{counted(len(project.functions), 'function')} are valid"
    )


def _document(project: Project, needs: Sequence[Problem]) -> dict[str, Any]:
    return {
        "problems": [_problem(problem) for problem in project.problems],
        "warnings": [_problem(warning) for warning in project.warnings],
        "needs": [_problem(need) for need in needs],
        "cluster_only": list(project.cluster_only),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.origin.file, "line": problem.origin.line, "message": problem.message}
