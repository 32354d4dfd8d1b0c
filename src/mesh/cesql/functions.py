"""CESQL's functions (cloudevents/spec cesql/spec.md 3.5), and IS_INT and IS_BOOL, which both brokers' engines add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from mesh.cesql.casts import to_boolean, to_integer, to_string
from mesh.cesql.code import Code, as_type, code, failing
from mesh.cesql.values import MAXIMUM, MINIMUM, Attributes, Error, Errors, Type, Value

# Unicode's White_Space; Python's own strip() takes control characters too, which TRIM must not.
WHITESPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True, slots=True)
class Function:
    """`rest` is the type of any further arguments; a parameter of type None takes each type as it is."""

    parameters: tuple[Type | None, ...]
    returns: Type
    apply: Callable[..., Value]
    rest: Type | None = None

    def takes(self, count: int) -> bool:
        fixed = len(self.parameters)
        return count == fixed or (self.rest is not None and count > fixed)

    def types(self, count: int) -> list[Type | None]:
        return [*self.parameters, *repeat(self.rest, count - len(self.parameters))]


def call(name: str, arguments: Sequence[Code]) -> Code:
    """Dispatch on name and number of arguments; a call that finds no function is false and an error, each time."""
    count = len(arguments)
    function = next((known for known in FUNCTIONS.get(name.upper(), ()) if known.takes(count)), None)
    if function is None:
        plural = "" if count == 1 else "s"
        return failing(Error("missingFunction", f"there is no function {name.upper()} with {count} argument{plural}"))
    return _invocation(function, arguments)


def _invocation(function: Function, arguments: Sequence[Code]) -> Code:
    types = function.types(len(arguments))
    runs = [as_type(argument, target) for argument, target in zip(arguments, types, strict=True)]
    apply, zero = function.apply, function.returns()

    def run(attributes: Attributes, errors: Errors) -> Value:
        values = [each(attributes, errors) for each in runs]
        return zero if errors else apply(errors, *values)

    return code(run, function.returns, arguments)


def _absolute(errors: Errors, x: int) -> int:
    if x == MINIMUM:
        errors.append(Error("math", f"the absolute value of {x} is no integer of 32 bits"))
        return MAXIMUM
    return abs(x)


def _left(errors: Errors, x: str, length: int) -> str:
    return x if _negative("LEFT", length, errors) else x[:length]


def _right(errors: Errors, x: str, length: int) -> str:
    return x if _negative("RIGHT", length, errors) else x[max(len(x) - length, 0) :]


def _substring(errors: Errors, x: str, position: int, length: int = MAXIMUM) -> str:
    if _negative("SUBSTRING", length, errors) or position == 0:
        return ""
    if abs(position) > len(x):
        errors.append(Error("functionEvaluation", f"SUBSTRING begins at {position} of {len(x)} characters"))
        return ""
    start = position - 1 if position > 0 else len(x) + position
    return x[start : start + length]


def _negative(name: str, length: int, errors: Errors) -> bool:
    if length < 0:
        errors.append(Error("functionEvaluation", f"{name} is asked for {length} characters"))
    return length < 0


def _casts(convert: Callable[[Value, Errors], Value]) -> Callable[..., bool]:
    def castable(_errors: Errors, x: Value) -> bool:
        problems: Errors = []
        convert(x, problems)
        return not problems

    return castable


FUNCTIONS: Mapping[str, Sequence[Function]] = {
    "ABS": [Function((int,), int, _absolute)],
    "BOOL": [Function((None,), bool, lambda errors, x: to_boolean(x, errors))],
    "CONCAT": [Function((), str, lambda _errors, *texts: "".join(texts), rest=str)],
    "CONCAT_WS": [Function((str,), str, lambda _errors, between, *texts: between.join(texts), rest=str)],
    "INT": [Function((None,), int, lambda errors, x: to_integer(x, errors))],
    "IS_BOOL": [Function((None,), bool, _casts(to_boolean))],
    "IS_INT": [Function((None,), bool, _casts(to_integer))],
    "LEFT": [Function((str, int), str, _left)],
    "LENGTH": [Function((str,), int, lambda _errors, x: len(x))],
    "LOWER": [Function((str,), str, lambda _errors, x: x.lower())],
    "RIGHT": [Function((str, int), str, _right)],
    "STRING": [Function((None,), str, lambda errors, x: to_string(x, errors))],
    "SUBSTRING": [Function((str, int), str, _substring), Function((str, int, int), str, _substring)],
    "TRIM": [Function((str,), str, lambda _errors, x: x.strip(WHITESPACE))],
    "UPPER": [Function((str,), str, lambda _errors, x: x.upper())],
}
