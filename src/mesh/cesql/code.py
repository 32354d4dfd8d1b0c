"""A compiled piece of an expression, the closures under every operator, and how deep they may nest.

A closure adds to a list of errors. Around an operand that added to it, every operator yields the zero value of its own
type and evaluates nothing more (cloudevents/spec cesql/spec.md 3.2, and 4.1 'fail fast', which filters are to use).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mesh.cesql.casts import CASTS
from mesh.cesql.values import Attributes, Error, Errors, Run, Type, Value

MAX_DEPTH = 100  # a level costs up to four frames of the interpreter's thousand


class TooDeep(Exception):  # noqa: N818 - the parser makes a sentence of it
    """The expression nests deeper than an evaluation may recurse."""


@dataclass(frozen=True, slots=True)
class Code:
    """`returns` is None for what only the event decides: an attribute."""

    run: Run
    returns: Type | None
    depth: int = 1


def code(run: Run, returns: Type, operands: Iterable[Code]) -> Code:
    """Put an operator around its operands."""
    depth = 1 + max((operand.depth for operand in operands), default=0)
    if depth > MAX_DEPTH:
        raise TooDeep
    return Code(run, returns, depth)


def literal(value: Value) -> Code:
    return Code(lambda _attributes, _errors: value, type(value))


def attribute(name: str) -> Code:
    absent = Error("missingAttribute", f"{name} is absent")

    def run(attributes: Attributes, errors: Errors) -> Value:
        value = attributes.get(name)
        if value is None:
            errors.append(absent)
            return False
        return value

    return Code(run, None)


def exists(name: str) -> Code:
    return Code(lambda attributes, _errors: name in attributes, bool)


def failing(error: Error) -> Code:
    """Code that is known not to work, which is no parse error to CESQL: false, and the error, on every evaluation."""

    def run(_attributes: Attributes, errors: Errors) -> bool:
        errors.append(error)
        return False

    return Code(run, bool)


def as_type(operand: Code, target: Type | None) -> Run:
    """The operand's closure, cast to what is around it; None takes each type as it is."""
    if target is None or operand.returns is target:
        return operand.run
    run, convert = operand.run, CASTS[target]

    def converted(attributes: Attributes, errors: Errors) -> Value:
        value = run(attributes, errors)
        if value.__class__ is target or errors:
            return value
        return convert(value, errors)

    return converted
