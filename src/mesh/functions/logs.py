"""What functions print: the newest lines of each, and streams that follow them. Memory is bounded."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable

from mesh.clock import Clock, rfc3339
from mesh.control.shapes import LogLine

KEPT_LINES = 2000  # for each function
ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

Show = Callable[[LogLine], None]


class Ring:
    """The newest lines of one function; `written` counts all that there ever were."""

    def __init__(self, kept_lines: int) -> None:
        self._lines: deque[LogLine] = deque(maxlen=kept_lines)
        self._written = 0
        self._news = asyncio.Event()

    def write(self, line: LogLine) -> None:
        self._lines.append(line)
        self._written += 1
        self._news.set()
        self._news = asyncio.Event()  # whoever waited has the old one

    async def read(self, *, follow: bool) -> AsyncIterator[LogLine]:
        """Oldest first. A follower that is slower than the function misses what the ring has dropped meanwhile."""
        position = 0
        while True:
            news = self._news
            lines, position = self._since(position), self._written  # more may be written while these are read
            for line in lines:
                yield line
            if not follow:
                return
            await news.wait()

    def _since(self, position: int) -> list[LogLine]:
        lines = list(self._lines)
        return lines[max(0, len(lines) - (self._written - position)) :]


class Logs:
    """All functions' lines, by function name; each line is also shown as it comes."""

    def __init__(self, clock: Clock, show: Show, kept_lines: int = KEPT_LINES) -> None:
        self._clock = clock
        self._show = show
        self._kept_lines = kept_lines
        self._rings: dict[str, Ring] = {}

    def write(self, function: str, replica: str, raw: bytes) -> None:
        line = LogLine(at=rfc3339(self._clock.now()), function=function, replica=replica, line=sanitised(raw))
        self._ring(function).write(line)
        self._show(line)

    def read(self, function: str, *, follow: bool) -> AsyncIterator[LogLine]:
        return self._ring(function).read(follow=follow)

    def _ring(self, function: str) -> Ring:
        return self._rings.setdefault(function, Ring(self._kept_lines))


def sanitised(raw: bytes) -> str:
    """Text that cannot move a terminal's cursor or reorder what it shows."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", ESCAPE.sub("", raw.decode(errors="replace")))
