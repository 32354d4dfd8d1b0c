"""A PingSource's cron schedule, judged as github.com/robfig/cron v3 does in Knative's webhook, in its words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
NUMBER = re.compile(r"\+?[0-9]{1,18}")
FIVE, SIX = 5, 6  # the sixth is seconds, and comes first
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What numbers a field takes, and the names that stand for some of them."""

    low: int
    high: int
    names: dict[str, int] = field(default_factory=dict)


FIELDS = (
    Bounds(0, 59),
    Bounds(0, 59),
    Bounds(0, 23),
    Bounds(1, 31),
    Bounds(1, 12, {name: i for i, name in enumerate(MONTHS, 1)}),
    Bounds(0, 6, {name: i for i, name in enumerate(DAYS)}),
)


class BadLocation(ValueError):  # noqa: N818 - it is the cause's name
    """The time zone is what is wrong, not the schedule."""


def check_schedule(schedule: str, timezone: str) -> Iterator[ValueError]:
    """Yield what is wrong with a schedule in a time zone (the machine's own when empty); a BadLocation for the zone."""
    if "@every" in schedule:
        yield ValueError("unsupported descriptor @every")
        if schedule.startswith("@every "):
            return
    try:
        _check(f"CRON_TZ={timezone} {schedule}" if timezone else schedule)
    except ValueError as error:
        yield error


def _check(text: str) -> None:
    if text.startswith(("TZ=", "CRON_TZ=")):
        zone, _, text = text.partition("=")[2].partition(" ")
        _check_zone(zone)
        text = text.strip()
    if text.startswith("@"):
        if text not in DESCRIPTORS:
            raise ValueError(f"unrecognized descriptor: {text}")
        return
    fields = text.split()
    if len(fields) not in {FIVE, SIX}:
        raise ValueError(f"expected {FIVE} to {SIX} fields, found {len(fields)}: [{' '.join(fields)}]")
    for written, bounds in zip(fields, FIELDS[-len(fields) :], strict=True):
        for part in filter(None, written.split(",")):
            _check_range(part, bounds)


def _check_zone(zone: str) -> None:
    if zone in {"", "Local"}:
        return
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if available_timezones():  # a machine without a single zone can judge none
            told = "time: invalid location name" if zone[0] in "/\\" or ".." in zone else f"unknown time zone {zone}"
            raise BadLocation(f"provided bad location {zone}: {told}") from error


def _check_range(text: str, bounds: Bounds) -> None:
    """Judge one `number | number-number [/step]`, in the order in which cron finds what is wrong."""
    span, *steps = text.split("/")
    start, end = _span(span, text, bounds)
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {text}")
    step = _number(steps[0]) if steps else 1
    if steps and "-" not in span:
        end = bounds.high
    if start < bounds.low:
        raise ValueError(f"beginning of range ({start}) below minimum ({bounds.low}): {text}")
    if end > bounds.high:
        raise ValueError(f"end of range ({end}) above maximum ({bounds.high}): {text}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {text}")


def _span(span: str, text: str, bounds: Bounds) -> tuple[int, int]:
    low, *high = span.split("-")
    if low in {"*", "?"}:
        return bounds.low, bounds.high
    start = _number(low, bounds)
    if len(high) > 1:
        raise ValueError(f"too many hyphens: {text}")
    return start, _number(high[0], bounds) if high else start


def _number(text: str, bounds: Bounds | None = None) -> int:
    named = bounds.names.get(text.lower()) if bounds else None
    if named is not None:
        return named
    if not NUMBER.fullmatch(text):
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)
