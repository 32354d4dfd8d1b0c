"""How functions' output and the mesh's own words look on a terminal: prefixed by a name, each in its own colour."""

import zlib
from contextlib import suppress
from typing import TextIO

from mesh.control.shapes import LogLine
from mesh.text import printable_lines

COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)  # ANSI foregrounds that read well on both backgrounds
RESET = "\x1b[0m"


class Terminal:
    """Writes whole lines to a stream; colours only where a person looks."""

    def __init__(self, stream: TextIO, *, coloured: bool | None = None) -> None:
        self._stream = stream
        self._coloured = stream.isatty() if coloured is None else coloured
        self._width = 0

    def line(self, line: LogLine) -> None:
        self._width = max(self._width, len(line.function))
        self._write(
            f"{line.function:<{self._width}} |", COLOURS[zlib.crc32(line.function.encode()) % len(COLOURS)], line.line
        )

    def say(self, sentence: str) -> None:
        """The mesh's own words: a phase of the start, or what happened to a function."""
        self._write("mesh:", 1, printable_lines(sentence))

    def _write(self, prefix: str, colour: int, text: str) -> None:
        shown = f"\x1b[{colour}m{prefix}{RESET}" if self._coloured else prefix
        with suppress(OSError):  # a log on a full disk, a terminal that is gone: neither must end the mesh
            self._stream.write(f"{shown} {text}\n")
            self._stream.flush()
