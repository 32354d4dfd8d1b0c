"""`mesh up`: run the mesh until it is stopped."""

import argparse
import os
from datetime import timedelta
from pathlib import Path

from mesh.cli.parser import Commands, Parser, command
from mesh.cli.values import address, duration
from mesh.options import Address, UpOptions
from mesh.process import log_in_plain_lines, raise_open_files


def add(commands: "Commands[Parser]") -> None:
    parser = command(commands, "up", _run, "run the functions, brokers and triggers of a directory")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), metavar="DIR", help="the project (.)")
    parser.add_argument(
        "--listen",
        type=address,
        default=Address("127.0.0.1", 8080),
        metavar="HOST:PORT",
        help="where the brokers answer (127.0.0.1:8080; port 0 is any free one)",
    )
    parser.add_argument(
        "--console",
        type=address,
        default=Address("127.0.0.1", 8081),
        metavar="HOST:PORT",
        help="where the console and the control API answer (127.0.0.1:8081)",
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="where events and data are kept (DIR/.mesh, or MESH_STATE)"
    )
    parser.add_argument(
        "--grace",
        type=duration,
        default=timedelta(seconds=10),
        metavar="DURATION",
        help="how long a stop waits for what is in flight (10s)",
    )
    parser.add_argument("--layout", choices=("parliament", "asgi"), default="parliament", help="how steps are staged")
    parser.add_argument("--migrate", action="store_true", help="apply each schema.sql to an external database too")


def _run(arguments: argparse.Namespace) -> int:
    # Everything that runs a mesh is imported here alone, so that the other commands start fast.
    import uvloop  # noqa: PLC0415

    from mesh.app import up  # noqa: PLC0415

    raise_open_files()
    log_in_plain_lines()
    return uvloop.run(up(options(arguments)))


def options(arguments: argparse.Namespace) -> UpOptions:
    """Return the flags as the mesh takes them; relative paths become absolute."""
    root = arguments.directory.resolve()
    state = arguments.state or os.environ.get("MESH_STATE")
    return UpOptions(
        root=root,
        state=Path(state).resolve() if state else root / ".mesh",
        listen=arguments.listen,
        console=arguments.console,
        grace_seconds=arguments.grace.total_seconds(),
        layout=arguments.layout,
        migrate=arguments.migrate,
        output=arguments.output,
    )
