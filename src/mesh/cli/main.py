"""The command line's entry: parse, run, and turn errors into sentences and exit statuses."""

import argparse
import os
import sys
from collections.abc import Sequence

from mesh.cli import check, dead_letters, drained, explain, faults, logs, send, status, trace, up, watch
from mesh.cli.parser import Parser
from mesh.cli.screen import NotWritten, output
from mesh.errors import InvalidManifests, MeshError, UsageError
from mesh.text import printable_lines

NOT_DONE = 1
WRONG_USAGE = 2
INTERRUPTED = 130  # what a shell reports for SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 success, 1 the thing asked did not happen, 2 wrong usage or invalid manifests."""
    try:
        arguments = parser().parse_args(argv)
        return _run(arguments)
    except MeshError as error:
        _complain(error)
        if isinstance(error, NotWritten):
            _drop_output()
        return WRONG_USAGE if isinstance(error, UsageError) else NOT_DONE
    except BrokenPipeError:
        _drop_output()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    status: int = arguments.run(arguments)
    with output():
        sys.stdout.flush()  # a closed pipe shows here rather than while the interpreter ends
    return status


def parser() -> Parser:
    """Return the parser of all commands; each sets `run`."""
    root = Parser(prog="mesh", description="An event mesh for one machine: Knative's brokers, triggers and functions.")
    root.set_defaults(run=lambda _: _help(root))
    commands = root.add_subparsers(metavar="COMMAND", title="commands")
    for module in (up, check, status, send, watch, trace, explain, drained, dead_letters, faults, logs):
        module.add(commands)
    return root


def _help(parser: Parser) -> int:
    parser.print_help()
    return 0


def _complain(error: MeshError) -> None:
    sentences = error.problems if isinstance(error, InvalidManifests) else (error,)
    for sentence in sentences:
        sys.stderr.write(f"mesh: {printable_lines(str(sentence))}\n")


def _drop_output() -> None:
    """Let the interpreter's last flush go nowhere instead of failing: nobody can take our output."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
