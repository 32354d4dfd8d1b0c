"""`mesh watch`: what happens, live, one line a change."""

import argparse

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import show, show_item
from mesh.cli.times import time_of_day
from mesh.control import routes
from mesh.control.shapes import Change
from mesh.text import printable


def add(commands: "Commands[Parser]") -> None:
    mesh_command(commands, "watch", _run, "show what happens, live, one line a change")


def _run(arguments: argparse.Namespace) -> int:
    for change in connect(arguments).stream(routes.WATCH, routes.Nothing()):
        if arguments.output == "json":
            show_item(change)
        else:
            show(line(change))
    return 0


def line(change: Change) -> str:
    """`12:00:01.123  delivered   cabs.rides.ride-completed 6b1f…  cabs/invoice  200`."""
    event = " ".join(part for part in (change.event_type, change.event_id) if part)
    parts = (f"{time_of_day(change.at)}  {change.what:10}", event, change.trigger, change.detail)
    return printable("  ".join(part for part in parts if part).rstrip())
