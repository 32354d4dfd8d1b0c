"""`mesh status`: brokers, triggers with their counts, functions with their replicas."""

import argparse

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import show_document
from mesh.control import routes


def add(commands: "Commands[Parser]") -> None:
    mesh_command(commands, "status", _run, "show brokers, triggers with their counts, and functions, as JSON")


def _run(arguments: argparse.Namespace) -> int:
    show_document(connect(arguments).ask(routes.STATUS, routes.Nothing()))
    return 0
