"""Compiled expressions against the specification's rules, interpreted as plainly as they can be said."""

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mesh.cesql.expression import compile_expression

EVENT: Mapping[str, Any] = {"word": "a", "number": "5", "truth": "True", "count": 7, "flag": False}

Tree = tuple[Any, ...]
LEAVES: st.SearchStrategy[Tree] = st.one_of(
    st.tuples(
        st.just("literal"), st.sampled_from(["", "a", "5", "-3", "true", "FALSE", 0, 1, -3, 2**31 - 1, True, False])
    ),
    st.tuples(st.just("attribute"), st.sampled_from([*EVENT, "absent"])),
    st.tuples(st.just("EXISTS"), st.sampled_from(["word", "absent"])),
)
BINARY = ["AND", "OR", "XOR", "=", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"]


def around(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.tuples(st.sampled_from(BINARY), inner, inner),
        st.tuples(st.sampled_from(["NOT", "negative", "LENGTH", "UPPER", "ABS", "INT", "BOOL", "STRING"]), inner),
        st.tuples(st.just("IN"), inner, inner, inner),
        st.tuples(st.just("LIKE"), inner, st.sampled_from(["%", "a", "_", "%e", "5%"])),
    )


class Failed(Exception):  # noqa: N818 - the rules' own way out
    """There is an error, so an event does not pass, whatever the value."""


def written(tree: Tree) -> str:  # noqa: C901, PLR0911 - one for each kind of node
    match tree:
        case "literal", bool(value):
            return str(value).upper()
        case "literal", value:
            return repr(value)
        case "attribute", name:
            return str(name)
        case "EXISTS", name:
            return f"(EXISTS {name})"
        case "NOT" | "negative" as symbol, operand:
            return f"({'NOT' if symbol == 'NOT' else '-'} {written(operand)})"
        case "IN", operand, *values:
            return f"({written(operand)} IN ({', '.join(map(written, values))}))"
        case "LIKE", operand, pattern:
            return f"({written(operand)} LIKE '{pattern}')"
        case name, operand:
            return f"{name}({written(operand)})"
        case symbol, left, right:
            return f"({written(left)} {symbol} {written(right)})"
    raise AssertionError(tree)


def value(tree: Tree) -> Any:  # noqa: C901, PLR0911, PLR0912 - the rules, one after the other
    match tree:
        case "literal", literal:
            return literal
        case "attribute", name:
            if name not in EVENT:
                raise Failed
            return EVENT[name]
        case "EXISTS", name:
            return name in EVENT
        case "AND", left, right:
            return cast(value(left), bool) and cast(value(right), bool)
        case "OR", left, right:
            return cast(value(left), bool) or cast(value(right), bool)
        case "XOR", left, right:
            return cast(value(left), bool) != cast(value(right), bool)
        case "NOT", operand:
            if type(value(operand)) is int:
                raise Failed
            return not cast(value(operand), bool)
        case "IN", operand, *values:
            wanted = value(operand)
            return any(cast(value(each), type(wanted)) == wanted for each in values)
        case "LIKE", operand, pattern:
            text = cast(value(operand), str)
            return re.fullmatch(pattern.replace("%", ".*").replace("_", "."), text, re.DOTALL) is not None
        case "=" | "!=" | "<>" as symbol, left, right:
            x, y = value(left), value(right)
            return (cast(x, type(y)) == y) == (symbol == "=")
        case name, operand:
            return applied(name, value(operand))
        case symbol, left, right:
            return computed(symbol, cast(value(left), int), cast(value(right), int))
    raise AssertionError(tree)


def applied(name: str, x: Any) -> Any:
    match name:
        case "negative":
            return around_the_clock(-cast(x, int))
        case "LENGTH":
            return len(cast(x, str))
        case "UPPER":
            return cast(x, str).upper()
        case "ABS":
            if cast(x, int) == -(2**31):
                raise Failed
            return abs(cast(x, int))
    return cast(x, {"INT": int, "BOOL": bool, "STRING": str}[name])


def computed(symbol: str, x: int, y: int) -> int | bool:
    if symbol in {"/", "%"} and y == 0:
        raise Failed
    quotient = int(x / y) if y else 0  # exact: both are far below 2**53
    results: Mapping[str, int | bool] = {
        "<": x < y,
        "<=": x <= y,
        ">": x > y,
        ">=": x >= y,
        "+": around_the_clock(x + y),
        "-": around_the_clock(x - y),
        "*": around_the_clock(x * y),
        "/": around_the_clock(quotient),
        "%": x - quotient * y,
    }
    return results[symbol]


def around_the_clock(number: int) -> int:
    low = number % 2**32
    return low - 2**32 if low >= 2**31 else low


def cast(x: Any, target: type) -> Any:
    if type(x) is target:
        return x
    if target is str:
        return {True: "true", False: "false"}[x] if type(x) is bool else str(x)
    if target is int and (type(x) is bool or re.fullmatch(r"[+-]?\d+", x)):
        return int(x)
    if target is bool and type(x) is int:
        return x != 0
    if target is bool and x.lower() in {"true", "false"}:
        return x.lower() == "true"
    raise Failed


@given(st.recursive(LEAVES, around, max_leaves=12))
def test_a_compiled_expression_yields_what_the_rules_say(tree: Tree) -> None:
    result = compile_expression(written(tree)).evaluate(EVENT)
    try:
        expected = value(tree)
    except Failed:
        assert result.errors
    else:
        assert result.errors == ()
        assert (result.value, type(result.value)) == (expected, type(expected))
