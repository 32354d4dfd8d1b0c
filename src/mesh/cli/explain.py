"""`mesh explain`: a trigger's effective delivery, and where each setting comes from."""

import argparse

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import show, show_document, table
from mesh.cli.times import seconds_text
from mesh.control import routes
from mesh.control.shapes import Explanation
from mesh.text import printable


def add(commands: "Commands[Parser]") -> None:
    parser = mesh_command(
        commands, "explain", _run, "show a trigger's effective delivery and the wait before every retry"
    )
    parser.add_argument("trigger", metavar="NS/TRIGGER")


def _run(arguments: argparse.Namespace) -> int:
    explanation = connect(arguments).ask(routes.EXPLAIN, routes.TriggerQuery(trigger=arguments.trigger))
    if arguments.output == "json":
        show_document(explanation)
    else:
        show("\n".join(text(explanation)))
    return 0


def text(explanation: Explanation) -> list[str]:
    """Return the lines for a reader."""
    settings = [(setting.name, setting.value, setting.origin) for setting in explanation.settings]
    return [
        printable(f"{explanation.trigger} of broker {explanation.broker} ({explanation.broker_class})"),
        "",
        *table(("SETTING", "VALUE", "FROM"), settings),
        "",
        _waits(explanation.waits),
    ]


def _waits(waits: list[float]) -> str:
    if not waits:
        return "no retries"
    listed = ", ".join(seconds_text(wait) for wait in waits)
    return f"waits before each retry: {listed} (together {seconds_text(sum(waits))})"
