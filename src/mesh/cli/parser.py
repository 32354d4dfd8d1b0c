"""How every command declares itself: its flags, `-o`, and how it finds the running mesh."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from mesh.control import discovery
from mesh.control.client import Client
from mesh.errors import UsageError

Run = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Reports wrong usage as every other error is reported."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (`{self.prog} --help` shows the usage)")


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives its type no public name


def command(commands: "Commands[Parser]", name: str, run: Run, summary: str) -> Parser:
    """Add a command that works without a running mesh."""
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument(
        "-o", "--output", choices=("human", "json"), default="human", help="json: one document, or a line per item"
    )
    parser.set_defaults(run=run)
    return parser


def mesh_command(commands: "Commands[Parser]", name: str, run: Run, summary: str) -> Parser:
    """Add a command that asks the running mesh; `connect` gives its client."""
    parser = command(commands, name, run, summary)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--state", type=Path, metavar="DIR", help="the mesh's state directory (.mesh, or MESH_STATE)")
    where.add_argument("--mesh", metavar="URL", help="the mesh's console address (or MESH_URL)")
    return parser


def connect(arguments: argparse.Namespace) -> Client:
    """Return a client of the running mesh; raises NotDone when none is announced."""
    return Client(discovery.find(state=arguments.state, url=arguments.mesh, environ=os.environ))
