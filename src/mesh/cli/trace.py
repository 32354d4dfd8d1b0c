"""`mesh trace`: what became of an event, as a tree."""

import argparse

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import paint, show, show_document
from mesh.cli.trace_tree import render
from mesh.control import routes
from mesh.control.shapes import Trace
from mesh.errors import NotDone
from mesh.text import printable


def add(commands: "Commands[Parser]") -> None:
    parser = mesh_command(commands, "trace", _run, "show what became of an event: triggers, attempts, replies")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--source", metavar="S", help="the event's source, when several have that id")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="why each trigger did not match, for the replies too"
    )


def _run(arguments: argparse.Namespace) -> int:
    trace = connect(arguments).ask(routes.TRACE, routes.EventQuery(id=arguments.id, source=arguments.source))
    if arguments.output == "json":
        show_document(trace)
    else:
        for event in trace.events:
            show("\n".join(render(event, paint(), verbose=arguments.verbose)))
    if len(trace.sources) > 1:
        raise NotDone(_ambiguous(arguments.id, trace))
    return 0


def _ambiguous(event_id: str, trace: Trace) -> str:
    sources = "\n".join(f"  {printable(source)}" for source in trace.sources)
    return f"several events have the id {printable(event_id)}: choose one with --source\n{sources}"
