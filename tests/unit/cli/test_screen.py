"""What reaches the terminal."""

import io

import pytest

from mesh.cli.screen import Paint, counted, paint_for, table
from mesh.cli.times import seconds_text, time_of_day


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_without_no_color() -> None:
    assert paint_for(Terminal(), {})("red", "x") == "\x1b[31mx\x1b[0m"
    assert not paint_for(Terminal(), {"NO_COLOR": "1"}).on
    assert not paint_for(Terminal(), {"TERM": "dumb"}).on
    assert not paint_for(io.StringIO(), {}).on
    assert Paint(on=False)("red", "x") == "x"


def test_a_table_is_aligned_and_escaped() -> None:
    assert table(("ID", "REASON"), [("dl-1", "a\nb"), ("dl-22", "")]) == ["ID     REASON", r"dl-1   a\nb", "dl-22"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0002, "0 ms"),
        (0.035, "35 ms"),
        (0.4, "0.4 s"),
        (12.8, "12.8 s"),
        (60, "1 min"),
        (204.8, "3 min 25 s"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_time_is_shown_without_its_day() -> None:
    assert time_of_day("2026-08-01T12:00:01.123Z") == "12:00:01.123"
    assert time_of_day("odd") == "odd"


def test_nouns_agree_with_their_number() -> None:
    assert [counted(number, "attempt") for number in (0, 1, 2)] == ["0 attempts", "1 attempt", "2 attempts"]
