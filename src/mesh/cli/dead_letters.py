"""`mesh dead-letters`: what was given up, to look at, deliver again or close."""

import argparse
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from mesh.cli import pieces
from mesh.cli.parser import Commands, Parser, connect, mesh_command
from mesh.cli.screen import show, show_document, table
from mesh.cli.values import payload
from mesh.control import routes
from mesh.control.shapes import LETTERS_AT_ONCE, MOST_LETTERS, DeadLetter, DeadLetterDetail, Discard, Done, Replay
from mesh.errors import MeshError, NotDone, UsageError
from mesh.text import printable

MAY_BE_MORE = f"{MOST_LETTERS:,} are shown, the oldest: there may be more (--type and --trigger choose among them)"


def add(commands: "Commands[Parser]") -> None:
    group = commands.add_parser("dead-letters", help="list, show, replay or discard what was given up")
    actions = group.add_subparsers(metavar="ACTION", title="actions", required=True)
    _add_list(actions)
    mesh_command(actions, "show", _show, "show a dead letter with its event").add_argument("id", metavar="ID")
    replay = mesh_command(actions, "replay", _replay, "deliver again, to the trigger that failed")
    replay.add_argument("ids", nargs="*", metavar="ID")
    replay.add_argument("--all", action="store_true", help="every dead letter")
    replay.add_argument("--data", metavar="JSON|@FILE|-", help="another payload, for exactly one dead letter")
    discard = mesh_command(actions, "discard", _discard, "close without delivering")
    discard.add_argument("ids", nargs="+", metavar="ID")


def _add_list(actions: "Commands[Parser]") -> None:
    parser = mesh_command(actions, "list", _list, "list dead letters that are neither replayed nor discarded")
    parser.add_argument("--type", metavar="T", help="only events of this type")
    parser.add_argument(
        "--trigger", metavar="N", help="only this trigger (NS/NAME, or a bare name that is unambiguous)"
    )


def _list(arguments: argparse.Namespace) -> int:
    selection = routes.Selection(type=arguments.type, trigger=arguments.trigger)
    letters = connect(arguments).ask(routes.DEAD_LETTERS, selection)
    if arguments.output == "json":
        show_document(letters)
    else:
        show("\n".join(rows(letters)))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    detail = connect(arguments).ask(routes.DEAD_LETTER, routes.DeadLetterQuery(id=arguments.id))
    if arguments.output == "json":
        show_document(detail)
    else:
        show("\n".join(text(detail)))
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    asked, client = _asked(arguments), connect(arguments)

    def ask(**part: Any) -> Done:
        return client.ask(routes.REPLAY, replace(asked, **part))

    if asked.all:
        replayed = pieces.oldest(lambda most: ask(most=most), LETTERS_AT_ONCE)
    else:
        replayed = pieces.named(asked.ids, lambda ids: ask(ids=ids), LETTERS_AT_ONCE)
    return follow(arguments, replayed, "replayed")


def _discard(arguments: argparse.Namespace) -> int:
    client = connect(arguments)
    discarded = pieces.named(arguments.ids, lambda ids: client.ask(routes.DISCARD, Discard(ids=ids)), LETTERS_AT_ONCE)
    return follow(arguments, discarded, "discarded")


def _asked(arguments: argparse.Namespace) -> Replay:
    if arguments.all == bool(arguments.ids):
        raise UsageError("name the dead letters to replay (`mesh dead-letters list` shows them), or give --all")
    if arguments.data is not None and len(arguments.ids) != 1:
        raise UsageError("--data replaces the payload of exactly one dead letter: name its ID")
    return Replay(ids=arguments.ids, all=arguments.all, data=None if arguments.data is None else _text(arguments.data))


def _text(data: str) -> str:
    try:
        return payload(data).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"--data {data} is not UTF-8 text ({error.reason} at byte {error.start})") from None


def follow(arguments: argparse.Namespace, answers: Iterator[Done], what: str) -> int:
    """Say at the end what was done, also where that comes midway."""
    so_far = Done(ids=[])
    try:
        for done in answers:
            so_far = Done(ids=so_far.ids + done.ids, left=done.left)
            if done.error is not None:
                raise NotDone(done.error)
            if not done.ids:
                break
    except (MeshError, KeyboardInterrupt):
        if so_far.ids:
            _report(arguments, so_far, what)
        raise
    _report(arguments, so_far, what)
    return 0


def _report(arguments: argparse.Namespace, done: Done, what: str) -> None:
    if arguments.output == "json":
        show_document(done)
    else:
        show("\n".join(_lines(done, what)))


def _lines(done: Done, what: str) -> list[str]:
    lines = [f"{what} {printable(letter)}" for letter in done.ids] or [f"nothing {what}"]
    if done.left:  # fewer, where an answer did not come any more
        lines.append(f"{what} {len(done.ids):,}, at most {done.left:,} left")
    return lines


def rows(letters: list[DeadLetter]) -> list[str]:
    """Return a table, or a sentence when there are none."""
    if not letters:
        return ["no dead letters"]
    head = ("ID", "STATE", "TRIGGER", "TYPE", "EVENT", "CODE", "ATTEMPTS", "DIED", "REASON")
    rows = table(head, [_row(letter) for letter in letters])
    return [*rows, MAY_BE_MORE] if len(letters) == MOST_LETTERS else rows


def _row(letter: DeadLetter) -> tuple[str, ...]:
    code = "-" if letter.code is None else str(letter.code)
    event = (letter.event_type, letter.event_id)
    return (letter.id, letter.state, letter.trigger, *event, code, str(letter.attempts), letter.died_at, letter.reason)


def text(detail: DeadLetterDetail) -> list[str]:
    """Return the letter, its event's attributes and its data as lines."""
    fields = msgspec.to_builtins(detail.letter)
    facts = [f"{name}: {printable(str(value))}" for name, value in fields.items() if value is not None]
    attributes = [f"  {printable(name)}: {printable(value)}" for name, value in detail.attributes.items()]
    data = detail.data if detail.data is not None else f"(base64) {detail.data_base64 or ''}"
    return [*facts, "attributes:", *attributes, "data:", *(f"  {printable(line)}" for line in data.splitlines())]
