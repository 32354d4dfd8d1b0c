"""`--field` and `--raw-field`: an event's data, written as kn event writes it (kn-plugin-event pkg/cli/create.go)."""

import re
from collections.abc import Iterable
from typing import Any

from mesh.errors import UsageError

INT64 = range(-(2**63), 2**63)

Value = str | bool | int | float


def data_of(fields: Iterable[tuple[str, str]], raw_fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the JSON object: fields typed by their look, raw fields always text, dots nest.

    Raises UsageError when one path needs an object where another put a value.
    """
    data: dict[str, Any] = {}
    for path, value in fields:
        _put(data, path, typed(value))
    for path, value in raw_fields:
        _put(data, path, value)
    return data


def typed(text: str) -> Value:
    """Return a boolean, a number or the text itself, whatever kn event would send.

    A number is one only when it is written as Go prints it: `%d`, or `%f` with its six decimals; so `12.50` and `007`
    stay text. kn also rounds whole numbers beyond 2**53 to a float; they keep their digits here.
    """
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"-?[0-9]+", text) and str(number := int(text)) == text and number in INT64:
        return number
    if re.fullmatch(r"-?[0-9]+\.[0-9]{6}", text) and f"{float(text):f}" == text:
        return _as_go_writes(float(text))
    return text


def _as_go_writes(number: float) -> int | float:
    """Go's JSON has no trailing `.0`, and a reader of decimals tells 12 from 12.0."""
    return int(number) if number.is_integer() else number


def _put(data: dict[str, Any], path: str, value: Value) -> None:
    *parents, last = path.split(".")
    inner = data
    for parent in parents:
        inner = inner.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise UsageError(f"field {path} needs an object at {parent!r}, where another field put {inner!r}")
    inner[last] = value
