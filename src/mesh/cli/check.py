"""`mesh check`: everything that is wrong with a project, without running it."""

import argparse
from pathlib import Path
from typing import Any

from mesh.cli.parser import Commands, Parser, command
from mesh.cli.screen import counted, show, show_document
from mesh.errors import UsageError
from mesh.manifests.model import Project
from mesh.manifests.problem import Problem


def add(commands: "Commands[Parser]") -> None:
    parser = command(commands, "check", _run, "validate functions/, broker/, triggers/ and sources/ of a directory")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), metavar="DIR", help="the project (.)")


def _run(arguments: argparse.Namespace) -> int:
    from mesh.manifests.project import load  # noqa: PLC0415 - YAML is read by this command alone

    project = load(arguments.directory)
    if arguments.output == "json":
        show_document(_document(project))
    else:
        for line in report(project):
            show(line)
    if project.problems:
        raise UsageError(f"{counted(len(project.problems), 'problem')} in {arguments.directory}")
    return 0


def report(project: Project) -> list[str]:
    """Return the lines for a reader: problems first, each with its place."""
    return [
        *(str(problem) for problem in project.problems),
        *(f"warning: {warning}" for warning in project.warnings),
        *(f"for the cluster only: {thing}" for thing in project.cluster_only),
        *([] if project.problems else [_summary(project)]),
    ]


def _summary(project: Project) -> str:
    return (
        f"{counted(len(project.brokers), 'broker')}, {counted(len(project.triggers), 'trigger')} and "
        f"{counted(len(project.functions), 'function')} are valid"
    )


def _document(project: Project) -> dict[str, Any]:
    return {
        "problems": [_problem(problem) for problem in project.problems],
        "warnings": [_problem(warning) for warning in project.warnings],
        "cluster_only": list(project.cluster_only),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.origin.file, "line": problem.origin.line, "message": problem.message}
