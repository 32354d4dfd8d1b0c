"""`mesh send`: one event to a broker, with the flags of `kn event send` and those that it lacks."""

import argparse

from mesh.cli.outgoing import MODES, event_of
from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.post import post
from mesh.cli.screen import show, show_document
from mesh.cli.target import url_of
from mesh.cli.values import assignment
from mesh.control import routes
from mesh.control.shapes import BrokerStatus

DEFAULT_TYPE = "dev.knative.cli.plugin.event.generic"
DEFAULT_SOURCE = "mesh/send"
JSON = "application/json"


def add(commands: "Commands[Parser]") -> None:
    parser = mesh_command(commands, "send", _run, "send an event to a broker and print its id")
    parser.add_argument("-r", "--to", metavar="TARGET", help="URL or broker:NAME[:NS] (the only broker)")
    parser.add_argument("-n", "--namespace", metavar="NS", help="namespace of the broker")
    parser.add_argument("-t", "--type", default=DEFAULT_TYPE, metavar="TYPE", help=f"event type ({DEFAULT_TYPE})")
    parser.add_argument("-i", "--id", metavar="ID", help="event id (a random UUID)")
    parser.add_argument(
        "-s", "--source", default=DEFAULT_SOURCE, metavar="SOURCE", help=f"event source ({DEFAULT_SOURCE})"
    )
    parser.add_argument("--subject", metavar="SUBJECT", help="event subject")
    parser.add_argument(
        "--extension", type=assignment, action="append", default=[], metavar="NAME=VALUE", help="another attribute"
    )
    _add_data(parser)
    parser.add_argument("--mode", choices=tuple(MODES), default="binary", help="HTTP content mode (binary)")


def _add_data(parser: Parser) -> None:
    parser.add_argument(
        "-f",
        "--field",
        type=assignment,
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="a field of the data, dots nest; true, false, 12 and 12.500000 are typed, all else is text",
    )
    parser.add_argument(
        "--raw-field", type=assignment, action="append", default=[], metavar="PATH=VALUE", help="a field, always text"
    )
    parser.add_argument("--data", metavar="JSON|@FILE|-", help="the whole data, from a file or standard input")
    parser.add_argument("--content-type", default=JSON, metavar="TYPE", help=f"media type of the data ({JSON})")


def _run(arguments: argparse.Namespace) -> int:
    event = event_of(arguments)
    request = MODES[arguments.mode](event)
    url = url_of(arguments.to, arguments.namespace, lambda: _brokers(arguments))
    status = post(url, request)
    if arguments.output == "json":
        show_document({"id": event.id, "source": event.source, "type": event.type, "to": url, "status": status})
    else:
        show(event.id)
    return 0


def _brokers(arguments: argparse.Namespace) -> list[BrokerStatus]:
    return connect(arguments).ask(routes.STATUS, routes.Nothing()).brokers
