"""`mesh logs`: a function's output."""

import argparse

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import paint, show, show_item
from mesh.control import routes
from mesh.text import printable


def add(commands: "Commands[Parser]") -> None:
    parser = mesh_command(commands, "logs", _run, "show a function's output")
    parser.add_argument("function", metavar="FUNCTION")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines come")


def _run(arguments: argparse.Namespace) -> int:
    colour = paint()
    asked = routes.LogsQuery(function=arguments.function, follow=arguments.follow)
    for line in connect(arguments).stream(routes.LOGS, asked):
        if arguments.output == "json":
            show_item(line)
        else:
            show(f"{colour('cyan', printable(line.replica))} | {printable(line.line)}")
    return 0
