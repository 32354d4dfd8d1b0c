"""Standard output: documents, lines and tables; nothing that comes from an event can steer the terminal."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

import msgspec

from mesh.errors import NotDone
from mesh.text import printable, printable_json

CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}


class NotWritten(NotDone):
    """Standard output takes no more."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text, or not."""

    on: bool

    def __call__(self, colour: str, text: str) -> str:
        return f"\x1b[{CODES[colour]}m{text}\x1b[0m" if self.on and text else text


def show(text: str) -> None:
    """Write a line, at once."""
    with output():
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextmanager
def output() -> Iterator[None]:
    """Say of standard output that fails, as on a full disk, that it was the output; a closed pipe stays one."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWritten(f"cannot write the output: {error.strerror or error}") from error


def show_document(value: Any) -> None:
    """Write one JSON document."""
    show(printable_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))


def show_item(value: Any) -> None:
    """Write one item of a stream as a line of JSON."""
    show(printable_json(msgspec.json.encode(value).decode()))


def paint_for(stream: TextIO, environ: Mapping[str, str]) -> Paint:
    """Colour a terminal only, and only without NO_COLOR (https://no-color.org)."""
    return Paint(stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb")


def paint() -> Paint:
    """Return the paint for standard output."""
    return paint_for(sys.stdout, os.environ)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the columns on the left, two spaces apart."""
    cells = [list(head), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def counted(number: int, noun: str) -> str:
    """`1 attempt`, `2 attempts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
