"""NOT, AND, OR and XOR as closures (cloudevents/spec cesql/spec.md 3.4): the right operand only where it decides."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import groupby

from mesh.cesql.casts import cast
from mesh.cesql.code import Code, as_type, code
from mesh.cesql.values import Attributes, Error, Errors


def inverse(operand: Code) -> Code:
    """`NOT`, which alone takes no integer for a boolean (cesql_tck/not_operator.yaml)."""
    value = operand.run

    def run(attributes: Attributes, errors: Errors) -> bool:
        x = value(attributes, errors)
        if errors:
            return False
        if x.__class__ is int:
            errors.append(Error("cast", f"NOT has the integer {x} after it, no boolean"))
            return True
        return not cast(x, bool, errors)

    return code(run, bool, (operand,))


def logic(operands: Sequence[Code], operators: Sequence[str]) -> Code:
    """Join operands from the right; a row of the same operator becomes one level, however long it is."""
    last = operands[-1]
    end = len(operators)
    for name, row in groupby(reversed([operator.upper() for operator in operators])):
        start = end - len(list(row))
        last = LOGIC[name]([*operands[start:end], last])
        end = start
    return last


def _all(operands: Sequence[Code]) -> Code:
    checks = [as_type(operand, bool) for operand in operands]

    def run(attributes: Attributes, errors: Errors) -> bool:
        for check in checks:  # noqa: SIM110 - all() costs a generator for every event
            if not check(attributes, errors) or errors:
                return False
        return True

    return code(run, bool, operands)


def _any(operands: Sequence[Code]) -> Code:
    checks = [as_type(operand, bool) for operand in operands]

    def run(attributes: Attributes, errors: Errors) -> bool:
        for check in checks:
            if check(attributes, errors) or errors:
                return not errors
        return False

    return code(run, bool, operands)


def _one(operands: Sequence[Code]) -> Code:
    return reduce(lambda right, left: _either(left, right), reversed(operands))


def _either(left: Code, right: Code) -> Code:
    first, second = as_type(left, bool), as_type(right, bool)

    def run(attributes: Attributes, errors: Errors) -> bool:
        x, y = first(attributes, errors), second(attributes, errors)
        return x is not y and not errors

    return code(run, bool, (left, right))


LOGIC: Mapping[str, Callable[[Sequence[Code]], Code]] = {"AND": _all, "OR": _any, "XOR": _one}
