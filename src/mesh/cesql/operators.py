"""CESQL's operators as closures (cloudevents/spec cesql/spec.md 3.4); arithmetic wraps at 32 bits, as brokers do."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from mesh.cesql.casts import cast
from mesh.cesql.code import Code, as_type, code
from mesh.cesql.values import MINIMUM, Attributes, Error, Errors, Type

Arithmetic = Callable[[int, int, Errors], int]
Compare = Callable[[Any, Any], bool]


def arithmetic(symbol: str, left: Code, right: Code) -> Code:
    first, second, apply = as_type(left, int), as_type(right, int), ARITHMETIC[symbol]

    def run(attributes: Attributes, errors: Errors) -> int:
        x, y = first(attributes, errors), second(attributes, errors)
        return 0 if errors else wrapped(apply(int(x), int(y), errors))

    return code(run, int, (left, right))


def comparison(symbol: str, left: Code, right: Code) -> Code:
    """`=` and its opposite cast the left operand to the right one's type; the others are for integers alone."""
    if symbol in ORDER:
        return _compared(ORDER[symbol], left, right, int)
    compare = operator.eq if symbol == "=" else operator.ne
    return _compared(compare, left, right, right.returns) if right.returns else _late(compare, left, right)


def _compared(compare: Compare, left: Code, right: Code, target: Type) -> Code:
    first, second = as_type(left, target), as_type(right, target)

    def run(attributes: Attributes, errors: Errors) -> bool:
        x, y = first(attributes, errors), second(attributes, errors)
        return not errors and compare(x, y)

    return code(run, bool, (left, right))


def _late(compare: Compare, left: Code, right: Code) -> Code:
    first, second = left.run, right.run

    def run(attributes: Attributes, errors: Errors) -> bool:
        x, y = first(attributes, errors), second(attributes, errors)
        return not errors and compare(cast(x, y.__class__, errors), y) and not errors

    return code(run, bool, (left, right))


def contains(left: Code, values: list[Code]) -> Code:
    """`IN`: the values are cast to the type of the left operand, in order; the first that fits ends it."""
    wanted, candidates = left.run, tuple(value.run for value in values)

    def run(attributes: Attributes, errors: Errors) -> bool:
        x = wanted(attributes, errors)
        if errors:
            return False
        for candidate in candidates:
            matches = cast(candidate(attributes, errors), x.__class__, errors) == x
            if matches or errors:
                return not errors
        return False

    return code(run, bool, (left, *values))


def negative(operand: Code) -> Code:
    number = as_type(operand, int)

    def run(attributes: Attributes, errors: Errors) -> int:
        x = number(attributes, errors)
        return 0 if errors else wrapped(-int(x))

    return code(run, int, (operand,))


def wrapped(number: int) -> int:
    return (number - MINIMUM) % 2**32 + MINIMUM


def _divided(x: int, y: int, errors: Errors) -> int:
    if y == 0:
        errors.append(Error("math", f"{x} is divided by 0"))
        return 0
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def _remainder(x: int, y: int, errors: Errors) -> int:
    return x - y * _divided(x, y, errors) if y else _divided(x, y, errors)


ARITHMETIC: Mapping[str, Arithmetic] = {
    "+": lambda x, y, _errors: x + y,
    "-": lambda x, y, _errors: x - y,
    "*": lambda x, y, _errors: x * y,
    "/": _divided,
    "%": _remainder,
}
ORDER: Mapping[str, Compare] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
