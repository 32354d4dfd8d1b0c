"""Durations as text: ISO 8601 periods as Knative parses them, and Go's `1m30s` for the command line."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

FIXED_POINT = re.compile(r"[-+]?[0-9]{1,18}")
GO_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")

DAY = 86_400.0
YEAR = 365.2425 * DAY
DATE_SECONDS = {"Y": YEAR, "M": YEAR / 12, "W": 7 * DAY, "D": DAY}
TIME_SECONDS = {"H": 3600.0, "M": 60.0, "S": 1.0}
GO_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> timedelta:
    """Parse `10s`, `1m30s` or `PT10S`. Raises ValueError with a sentence that shows what to write."""
    for parse in (parse_period, parse_go):
        try:
            return parse(text)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a duration (write it as 10s, 1m30s or PT10S)")


def parse_period(text: str) -> timedelta:
    """Parse an ISO 8601 period as github.com/rickb777/date v1.13 does, which Knative's webhook uses.

    A number keeps one decimal (`PT0.25S` is 0.2 s); a month is a twelfth of 365.2425 days. Raises ValueError.
    """
    if text == "P0":
        return timedelta()
    sign = -1 if text.startswith("-") else 1
    unsigned = text[1:] if text[:1] in {"-", "+"} else text
    date, _, time = unsigned[1:].partition("T")
    try:
        parts = [*_parts(time, TIME_SECONDS), *_parts(date, DATE_SECONDS)]
    except ValueError:
        parts = []
    if unsigned[:1] != "P" or not parts:
        raise ValueError(f"{text!r} is not an ISO 8601 duration, such as PT5S")
    return _seconds(sign * sum(parts))


def _parts(text: str, units: Mapping[str, float]) -> Iterator[float]:
    """Each mark is looked for in turn, whatever stands before it; what is left over is wrong."""
    for mark, seconds in units.items():
        at = text.find(mark)
        if at > 0:
            yield _one_decimal(text[:at]) * seconds
            text = text[at + 1 :]
    if text:
        raise ValueError(text)


def _one_decimal(number: str) -> float:
    """The digits after the first decimal are not even looked at."""
    whole, point, fraction = number.partition("." if "." in number else ",")
    digits = whole + (fraction[:1] or "0") if point else f"{number}0"
    if not FIXED_POINT.fullmatch(digits):
        raise ValueError(number)
    return int(digits) / 10


def parse_go(text: str) -> timedelta:
    """Parse a duration as Go's time.ParseDuration does: `300ms`, `-1.5h`, `2h45m`, `0`. Raises ValueError."""
    unsigned = text[1:] if text[:1] in {"-", "+"} else text
    parts = GO_PART.findall(unsigned)
    if unsigned != "0" and (not parts or "".join(number + unit for number, unit in parts) != unsigned):
        raise ValueError(f"{text!r} is not a duration, such as 1m30s")
    seconds = sum(float(number) * GO_SECONDS[unit] for number, unit in parts)
    return _seconds(-seconds if text.startswith("-") else seconds)


def _seconds(seconds: float) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("the duration is too long") from error
