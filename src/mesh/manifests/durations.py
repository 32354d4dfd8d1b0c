"""Durations as text: ISO 8601 periods as Knative parses them, and Go's `1m30s` for the command line."""

import re
from datetime import timedelta

NUMBER = r"([-+]?(?:\d+(?:[.,]\d*)?|[.,]\d*))"
PERIOD = re.compile(
    rf"([-+]?)P(?:{NUMBER}Y)?(?:{NUMBER}M)?(?:{NUMBER}W)?(?:{NUMBER}D)?(?:T(?:{NUMBER}H)?(?:{NUMBER}M)?(?:{NUMBER}S)?)?"
)
GO_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")

DAY = 86_400.0
YEAR = 365.2425 * DAY
PERIOD_SECONDS = (YEAR, YEAR / 12, 7 * DAY, DAY, 3600.0, 60.0, 1.0)
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
    parts = PERIOD.fullmatch(text)
    if not parts or not any(parts.groups()[1:]):
        raise ValueError(f"{text!r} is not an ISO 8601 duration, such as PT5S")
    sign = -1 if parts[1] == "-" else 1
    numbers = [_one_decimal(number) for number in parts.groups()[1:]]
    return _seconds(sign * sum(number * unit for number, unit in zip(numbers, PERIOD_SECONDS, strict=True)))


def _one_decimal(number: str | None) -> float:
    if number is None:
        return 0.0
    whole, _, fraction = number.replace(",", ".").partition(".")
    return int(f"{whole}{fraction[:1] or '0'}") / 10


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
