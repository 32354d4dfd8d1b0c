"""`mesh fault`: make a trigger's next attempts fail or wait, on purpose."""

import argparse

from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import counted, show, show_document
from mesh.cli.times import seconds_text
from mesh.cli.values import count, duration, http_status
from mesh.control import routes
from mesh.control.client import Client
from mesh.control.shapes import Fault, Faults
from mesh.errors import UsageError
from mesh.text import printable


def add(commands: "Commands[Parser]") -> None:
    parser = mesh_command(commands, "fault", _run, "change a trigger's next delivery attempts on purpose")
    parser.add_argument("trigger", nargs="?", metavar="NS/TRIGGER")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--status", type=http_status, metavar="CODE", help="as if the subscriber had answered so")
    what.add_argument("--delay", type=duration, metavar="DURATION", help="wait before the subscriber is called")
    what.add_argument("--drop", action="store_true", help="as if the connection broke")
    what.add_argument("--clear", action="store_true", help="clear every fault")
    parser.add_argument("--times", type=count, metavar="N", help="so many attempts (until cleared)")


def _run(arguments: argparse.Namespace) -> int:
    ask = _clear if arguments.clear else _set
    faults = ask(connect(arguments), arguments)
    if arguments.output == "json":
        show_document(faults)
    else:
        for line in text(faults):
            show(line)
    return 0


def _set(mesh: Client, arguments: argparse.Namespace) -> Faults:
    if arguments.trigger is None:
        raise UsageError("which trigger? write `mesh fault NS/TRIGGER` with --status, --delay or --drop")
    delay = None if arguments.delay is None else arguments.delay.total_seconds()
    return mesh.ask(
        routes.SET_FAULT,
        Fault(
            trigger=arguments.trigger, status=arguments.status, delay=delay, drop=arguments.drop, times=arguments.times
        ),
    )


def _clear(mesh: Client, arguments: argparse.Namespace) -> Faults:
    if arguments.trigger is not None or arguments.times is not None:
        raise UsageError("--clear clears every fault and takes neither a trigger nor --times")
    return mesh.ask(routes.CLEAR_FAULTS, routes.Nothing())


def text(faults: Faults) -> list[str]:
    """Return a line for each fault that is set."""
    return [_line(fault) for fault in faults.faults] or ["no faults"]


def _line(fault: Fault) -> str:
    times = "until cleared" if fault.times is None else f"for {counted(fault.times, 'attempt')}"
    return printable(f"{fault.trigger}: {_effect(fault)}, {times}")


def _effect(fault: Fault) -> str:
    if fault.drop:
        return "the connection drops"
    if fault.delay is not None:
        return f"waits {seconds_text(fault.delay)}"
    return f"answers {fault.status}"
