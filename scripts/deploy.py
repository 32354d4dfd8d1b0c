"""`make deploy` and `make undeploy`: the same files to the cluster, with kubectl and func."""

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.manifests.model import Function
from mesh.manifests.project import load

Command = tuple[str, ...]


def main() -> int:
    arguments = _parser().parse_args()
    project = load(Path())
    if project.problems:
        print("\n".join(f"deploy: {problem}" for problem in project.problems), file=sys.stderr)
        return 2
    if arguments.what == "deploy":
        commands = deploy(project.functions, arguments.registry)
    else:
        commands = undeploy(project.functions)
    return _print(commands) if arguments.dry_run else _run(commands)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Bring the project to a cluster, or take it away.")
    parser.add_argument("what", choices=("deploy", "undeploy"))
    parser.add_argument("--registry", metavar="HOST/NAME", help="where func pushes images (else FUNC_REGISTRY)")
    parser.add_argument("--dry-run", action="store_true", help="print the commands")
    return parser


def deploy(functions: Sequence[Function], registry: str | None) -> list[Command]:
    """The broker first, since it injects sinks; the triggers last, since they name the functions."""
    flags = ("--registry", registry) if registry else ()
    return [
        ("kubectl", "apply", "-f", "broker/"),
        *(("func", "deploy", "--path", f"build/functions/{each.name}", *flags) for each in functions),
        ("kubectl", "apply", "-f", "triggers/"),
    ]


def undeploy(functions: Sequence[Function]) -> list[Command]:
    """The reverse; what is gone already is no error to kubectl."""
    return [
        ("kubectl", "delete", "--ignore-not-found", "-f", "triggers/"),
        *(("func", "delete", each.name, "--namespace", each.namespace) for each in functions),
        ("kubectl", "delete", "--ignore-not-found", "-f", "broker/"),
    ]


def _print(commands: Sequence[Command]) -> int:
    print("\n".join(shlex.join(command) for command in commands))
    return 0


def _run(commands: Sequence[Command]) -> int:
    missing = [tool for tool in ("kubectl", "func") if shutil.which(tool) is None]
    if missing:
        print(f"deploy: {' and '.join(missing)} must be on PATH (DRY_RUN=1 prints the commands)", file=sys.stderr)
        return 1
    for command in commands:
        print(f"$ {shlex.join(command)}", flush=True)
        status = subprocess.run(command, check=False).returncode
        if status:
            print(f"deploy: {shlex.join(command)} ended with {status}; what came before it is done", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
