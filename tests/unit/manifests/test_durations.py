"""Durations as Knative's webhook and Go read them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.manifests.durations import parse_duration, parse_go, parse_period

PERIODS = {
    "PT0.2S": 0.2,
    "PT0,2S": 0.2,
    "PT30S": 30,
    "PT1M30S": 90,
    "PT2H": 7200,
    "P1D": 86_400,
    "P1W": 604_800,
    "P1DT12H": 129_600,
    "P1Y": 365.2425 * 86_400,
    "P1M": 365.2425 * 86_400 / 12,
    "P0": 0,
    "PT0S": 0,
    "+PT5S": 5,
    "-PT5S": -5,
    "PT-5S": -5,
    "PT5000S": 5000,
    "PT.5S": 0.5,
    "P5DT": 432_000,
    "PT0.25S": 0.2,
    "PT0.05S": 0,
    "PT.S": 0,
}

NO_PERIODS = [
    *[
        "",
        "5s",
        "5",
        "P",
        "PT",
        "-",
        "T5S",
        "PT5",
        "PS",
        "PTS",
        "5S",
        "pt5s",
        "PT5s",
        "P5S",
        "PT1S2M",
        "PT5S5",
        " PT5S",
    ],
    *["PT5S\n", "PTxS", "PT5MS", "P99999999999999999Y"],
]


@pytest.mark.parametrize(("text", "seconds"), PERIODS.items())
def test_a_period_is_read_as_knative_reads_it(text: str, seconds: float) -> None:
    assert parse_period(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", NO_PERIODS)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_period(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("300ms", 0.3),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("-1s", -1),
        ("+1s", 1),
        ("0", 0),
        (".5s", 0.5),
    ],
)
def test_a_go_duration_is_read_as_go_reads_it(text: str, seconds: float) -> None:
    assert parse_go(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "s", "10 s", "10S", "1d", "ten", "10s5", "10s\n", "-"])
def test_what_is_no_go_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_go(text)


def test_the_command_line_takes_either() -> None:
    assert parse_duration("1m30s") == parse_duration("PT1M30S") == timedelta(seconds=90)


def test_the_command_line_says_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"^'soon' is not a duration \(write it as 10s, 1m30s or PT10S\)$"):
        parse_duration("soon")


@given(st.text())
def test_any_text_is_a_duration_or_a_sentence(text: str) -> None:
    sentence = ""
    try:
        parse_duration(text)
    except ValueError as error:
        sentence = str(error)
    assert not sentence or "is not a duration" in sentence
