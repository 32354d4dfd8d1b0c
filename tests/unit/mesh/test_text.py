"""Text from elsewhere on a terminal and in a log: any at all, and what is shown of it."""

import io
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.control.shapes import LogLine
from mesh.functions.logs import sanitised
from mesh.functions.terminal import Terminal
from mesh.process import LOGGED_CHARACTERS, PlainLines
from mesh.text import printable, printable_json, printable_lines

ANY = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\x1b\x9b\r\n\t\x00\x7f\u202e\u2028\u200f"))
)

STEERING = set("\x1b\x9b\r\n\x00\x7f\u2028\u202e\u200f")
any_text = settings(max_examples=50)


def steers(shown: str) -> list[str]:
    """The characters that a terminal would act upon."""
    return [char for char in shown if not char.isprintable()]


@any_text
@given(ANY)
def test_a_line_has_nothing_that_steers_a_terminal(text: str) -> None:
    assert steers(printable(text)) == []
    assert set(steers(printable_lines(text))) <= {"\n"}


@any_text
@given(st.dictionaries(ANY, ANY, max_size=3))
def test_json_has_nothing_that_steers_a_terminal_and_stays_what_it_was(value: object) -> None:
    written = json.dumps(value, ensure_ascii=False, indent=2)
    assert set(steers(printable_json(written))) <= {"\n"}
    assert json.loads(printable_json(written)) == value


@any_text
@given(st.binary())
def test_what_a_function_prints_moves_no_cursor(raw: bytes) -> None:
    assert not set(sanitised(raw)) & STEERING


@any_text
@given(ANY)
def test_a_sentence_of_the_mesh_on_the_terminal_steers_nothing(text: str) -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, coloured=False)
    terminal.say(text)
    terminal.line(LogLine(at="", function="invoice", replica="invoice-1", line=sanitised(text.encode())))
    said, line = stream.getvalue().rsplit("\n", 2)[:2]
    assert set(steers(said)) <= {"\n"}
    assert not set(line) & STEERING


@any_text
@given(ANY)
def test_a_message_in_the_log_is_one_line(text: str) -> None:
    record = logging.LogRecord("mesh", logging.WARNING, "", 0, "event refused at %s", (text,), None)
    assert steers(PlainLines().format(record)) == []


def test_a_long_message_is_cut() -> None:
    record = logging.LogRecord("mesh", logging.WARNING, "", 0, "x" * 1_000_000, (), None)
    assert len(PlainLines().format(record)) == LOGGED_CHARACTERS + 1


def test_a_traceback_keeps_its_lines_and_shows_what_an_error_says_as_it_is() -> None:
    try:
        raise ValueError("\x1b[31mred")
    except ValueError as error:
        record = logging.LogRecord("mesh", logging.ERROR, "", 0, "bug", (), (ValueError, error, error.__traceback__))
    lines = PlainLines().format(record).splitlines()
    assert lines[-1] == r"ValueError: \x1b[31mred"
    assert len(lines) > 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ride-4711 ä 火", "ride-4711 ä 火"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc\x07", r"a\r\nb\tc\x07"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\x9b1m", r"\x9b1m"),
    ],
)
def test_what_would_steer_the_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
