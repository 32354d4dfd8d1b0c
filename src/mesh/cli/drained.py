"""`mesh drained`: whether anything of a type or of a trigger is left in the ledger."""

import argparse
import time
from collections.abc import Callable
from datetime import timedelta

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import show, show_document
from mesh.cli.values import duration
from mesh.control import routes
from mesh.control.shapes import Drained

POLL_SECONDS = 0.1


def add(commands: "Commands[Parser]") -> None:
    parser = mesh_command(commands, "drained", _run, "tell whether nothing is left in the ledger: exit 0, else 1")
    parser.add_argument("--type", metavar="T", help="only events of this type")
    parser.add_argument(
        "--trigger", metavar="N", help="only this trigger (NS/NAME, or a bare name that is unambiguous)"
    )
    parser.add_argument(
        "--wait", type=duration, default=timedelta(), metavar="DURATION", help="wait that long for it (PT30S, 30s)"
    )


def _run(arguments: argparse.Namespace) -> int:
    mesh = connect(arguments)
    selection = routes.Selection(type=arguments.type, trigger=arguments.trigger)
    answer = wait_for(lambda: mesh.ask(routes.DRAINED, selection), arguments.wait.total_seconds())
    if arguments.output == "json":
        show_document(answer)
    else:
        show(text(answer))
    return 0 if answer.drained else 1


def wait_for(
    ask: Callable[[], Drained],
    within_seconds: float,
    *,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,  # noqa: TID251 - the seam itself, of a command without a loop
) -> Drained:
    """Ask until it is drained or the time is up, at least once, and return the last answer."""
    deadline = now() + within_seconds
    while not (answer := ask()).drained and (left := deadline - now()) > 0:
        pause(min(POLL_SECONDS, left))
    return answer


def text(answer: Drained) -> str:
    """Return the sentence for a reader."""
    if answer.drained:
        return "drained"
    counts = f"{answer.pending} pending, {answer.in_flight} in flight or waiting, {answer.kept} kept as dead letters"
    return f"not drained: {counts}"
