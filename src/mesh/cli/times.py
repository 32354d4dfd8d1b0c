"""Times and durations as people read them."""


def time_of_day(rfc3339: str) -> str:
    """`2026-08-01T12:00:01.123Z` → `12:00:01.123`, in UTC as it came."""
    return rfc3339.partition("T")[2].removesuffix("Z") or rfc3339


def seconds_text(seconds: float) -> str:
    """`2 ms`, `0.4 s`, `12.5 s`, `3 min 20 s`."""
    if seconds < 0.1:  # noqa: PLR2004 - tenths of a second and more read better as seconds
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
