"""Casts between CESQL's types (cloudevents/spec cesql/spec.md 3.7): always to a value, with an error where need be."""

import re
from collections.abc import Callable, Mapping

from mesh.cesql.values import MAXIMUM, MINIMUM, Error, Errors, Type, Value

INTEGER = re.compile(r"[+-]?0*[0-9]{1,10}", re.ASCII)


def cast(value: Value, target: Type, errors: Errors) -> Value:
    return value if value.__class__ is target else CASTS[target](value, errors)


def to_string(value: Value, _errors: Errors) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def to_integer(value: Value, errors: Errors) -> int:
    if isinstance(value, int):
        return int(value)
    number = int(value) if INTEGER.fullmatch(value) else None
    if number is not None and MINIMUM <= number <= MAXIMUM:
        return number
    errors.append(Error("cast", f"{value!r:.60} is no integer of 32 bits"))
    return 0


def to_boolean(value: Value, errors: Errors) -> bool:
    if isinstance(value, int):
        return bool(value)
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    errors.append(Error("cast", f"{value!r:.60} is neither true nor false"))
    return False


CASTS: Mapping[Type, Callable[[Value, Errors], Value]] = {str: to_string, int: to_integer, bool: to_boolean}
