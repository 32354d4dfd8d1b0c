"""CESQL's values, its errors, and what an evaluation yields (cloudevents/spec cesql/spec.md 3.1 to 3.3)."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

Value = str | int | bool
Type = type[str] | type[int] | type[bool]
Kind = Literal["parse", "math", "cast", "missingFunction", "functionEvaluation", "missingAttribute", "generic"]

MINIMUM = -(2**31)
MAXIMUM = 2**31 - 1


class Error(msgspec.Struct, frozen=True):
    """An error of an evaluation; the message is a sentence without its full stop."""

    kind: Kind
    message: str


class Result(msgspec.Struct, frozen=True):
    """What every evaluation yields; the value is to be trusted only when there are no errors."""

    value: Value
    errors: tuple[Error, ...] = ()


class ParseError(ValueError):
    """The text is no CESQL expression; the sentence begins with line and column, counted from 1."""


Attributes = Mapping[str, Value]
Errors = list[Error]
Run = Callable[[Attributes, Errors], Value]
