"""Lines kept, followed, cleaned and shown."""

import asyncio
import errno
import io
import os

import pytest

from mesh.control.shapes import LogLine
from mesh.functions.logs import Logs, sanitised
from mesh.functions.terminal import Terminal
from support.hosted import TurnedClock


def logs(kept_lines: int = 3) -> tuple[Logs, list[LogLine]]:
    shown: list[LogLine] = []
    return Logs(TurnedClock(), shown.append, kept_lines), shown


async def test_the_newest_lines_are_kept_oldest_first() -> None:
    kept, shown = logs()
    for number in range(5):
        kept.write("invoice", "invoice-1", b"%d" % number)
    assert [line.line async for line in kept.read("invoice", follow=False)] == ["2", "3", "4"]
    assert len(shown) == 5


async def test_functions_do_not_see_each_others_lines() -> None:
    kept, _ = logs()
    kept.write("invoice", "invoice-1", b"x")
    assert [line async for line in kept.read("notify", follow=False)] == []


async def test_a_follower_gets_what_is_there_and_what_comes() -> None:
    kept, _ = logs()
    kept.write("invoice", "invoice-1", b"before")
    following = kept.read("invoice", follow=True)
    assert (await anext(following)).line == "before"
    next_one = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    kept.write("invoice", "invoice-1", b"after")
    assert (await next_one).line == "after"


async def test_a_slow_follower_misses_what_was_dropped_but_reads_on() -> None:
    kept, _ = logs()
    kept.write("invoice", "invoice-1", b"0")
    following = kept.read("invoice", follow=True)
    await anext(following)
    for number in range(1, 9):
        kept.write("invoice", "invoice-1", b"%d" % number)
    assert [(await anext(following)).line for _ in range(3)] == ["6", "7", "8"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain\ttext", "plain\ttext"),
        ("żółw".encode(), "żółw"),
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07x", "x"),
        (b"\x1b(", "\ufffd("),
        (b"a\rb\x08c", "a\ufffdb\ufffdc"),
        (b"\x9b31m", "\ufffd31m"),
        ("a\u202eb".encode(), "a\ufffdb"),
    ],
)
def test_no_line_can_steer_a_terminal(raw: bytes, text: str) -> None:
    assert sanitised(raw) == text


def line(function: str, text: str) -> LogLine:
    return LogLine(at="", function=function, replica="", line=text)


def test_lines_are_prefixed_by_the_functions_name() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.line(line("ride-completed", "one"))
    terminal.line(line("invoice", "two"))
    terminal.say("ready")
    assert stream.getvalue() == "ride-completed | one\ninvoice        | two\nmesh: ready\n"


def test_a_function_keeps_its_colour_where_a_person_looks() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, coloured=True)
    terminal.line(line("invoice", "one"))
    terminal.line(line("invoice", "two"))
    first, second = stream.getvalue().splitlines()
    assert first.startswith("\x1b[")
    assert first[:5] == second[:5]


class Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_log_on_a_full_disk_ends_nothing() -> None:
    Terminal(Full()).say("ready")
