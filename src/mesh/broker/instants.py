"""How each broker class writes an event's time where a filter compares it: in UTC, whatever its offset was."""

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


def iso_instant(written: str) -> str:
    """As Java's ISO_INSTANT writes it, with 0, 3, 6 or 9 digits of a second; what is no time stays as it is."""
    return _in_utc(written, group=3)


def rfc3339_nano(written: str) -> str:
    """As Go's RFC3339Nano writes it, without trailing zeros in a second's digits; what is no time stays as it is."""
    return _in_utc(written, group=1)


def _in_utc(written: str, group: int) -> str:
    parts = _RFC3339.fullmatch(written)
    if not parts:
        return written
    try:
        seconds = datetime.fromisoformat(f"{parts[1]}{parts[3]}".upper()).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return written
    return f"{seconds.isoformat()}{_fraction(parts[2] or '', group)}Z"


def _fraction(digits: str, group: int) -> str:
    """A point and the digits, less the groups of so many at the end that are all zeros."""
    nanoseconds = digits.ljust(9, "0")
    while nanoseconds.endswith("0" * group):
        nanoseconds = nanoseconds[:-group]
    return f".{nanoseconds}" if nanoseconds else ""
