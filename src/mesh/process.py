"""What the mesh's own processes are set to: how many files it may have open, and how its log lines look."""

import gc
import logging
import resource

from mesh.text import printable

OPEN_FILES = 65_536
LOGGED_CHARACTERS = 2000


def raise_open_files() -> None:
    """Take as many open files as this user may have: a socket is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def log_in_plain_lines() -> None:
    """Let warnings and errors come out on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def spare_the_collector() -> None:
    """Nothing that is made for an event is part of a cycle: looking for some took a tenth of the time of each."""
    gc.freeze()  # what is there by now stays
    gc.set_threshold(50_000, 20, 20)


class PlainLines(logging.Formatter):
    """A message is one line that steers no terminal, whatever of an event is in it; only a traceback has more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        message = record.message
        cut = message if len(message) <= LOGGED_CHARACTERS else f"{message[:LOGGED_CHARACTERS]}…"
        return printable(cut)

    def formatException(self, ei: object) -> str:  # noqa: N802
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(printable(line) for line in lines)
