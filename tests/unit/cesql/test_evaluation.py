"""What expressions yield, where the specification's own cases do not look."""

import pytest

from mesh.cesql.expression import compile_expression
from mesh.cesql.values import Result, Value

EVENT: dict[str, Value] = {"type": "a.b", "source": "//cabs", "sequence": "5", "text": "a\nb", "flag": True, "count": 7}

YIELDS: dict[str, Value] = {
    # short circuits, and rows of one operator
    "FALSE AND absent = 'x'": False,
    "TRUE OR absent = 'x'": True,
    "TRUE OR absent": True,
    "TRUE AND TRUE AND FALSE AND absent": False,
    "FALSE OR FALSE OR TRUE OR absent": True,
    "type IN ('a.b', absent)": True,
    "TRUE XOR TRUE XOR TRUE": True,
    # AND, OR and XOR bind alike, from the right
    "FALSE AND FALSE OR TRUE": False,
    "TRUE OR FALSE AND FALSE": True,
    "TRUE XOR TRUE OR TRUE": False,
    "(FALSE AND FALSE) OR TRUE": True,
    # the other operators, from the left
    "10 - 4 - 3": 3,
    "100 / 10 * 10": 100,
    "2 + 3 * 4 = 14": True,
    "NOT TRUE = FALSE": True,
    "NOT FALSE AND FALSE": False,
    "NOT 'true' LIKE 'false'": True,
    "NOT (source LIKE 'x')": True,
    "-2 + 3": 1,
    "- 2 * 3": -6,
    "TRUE AND NOT EXISTS absent": True,
    "1 < 2 = TRUE": True,
    # integers
    "2147483647": 2147483647,
    "-2147483648": -2147483648,
    "+5": 5,
    "007": 7,
    "2147483647 + 1": -2147483648,
    "-2147483648 - 1": 2147483647,
    "65536 * 65536": 0,
    "-(-2147483648)": -2147483648,
    "-2147483648 / -1": -2147483648,
    "-7 / 2": -3,
    "7 / -2": -3,
    "-7 % 2": -1,
    "7 % -2": 1,
    "INT('+0000000000000000005')": 5,
    # casts
    "sequence = 5": True,
    "5 = sequence": True,
    "sequence < 10": True,
    "'TRUE' = TRUE": True,
    "1 = TRUE": True,
    "10 AND 'true'": True,
    "count = '7'": True,
    "flag = 'true'": True,
    "count = flag": True,
    "'7' IN (count)": True,
    "NOT flag": False,
    "CONCAT(count, flag, 1 = 2)": "7truefalse",
    # LIKE
    "text LIKE 'a_b'": True,
    "text LIKE '%b'": True,
    "text LIKE 'a%'": True,
    "text LIKE 'a'": False,
    "'a' LIKE ''": False,
    "'' LIKE '%%'": True,
    "'a.b' LIKE 'a_b'": True,
    "'axb' LIKE 'a.b'": False,
    "'a%b' LIKE 'a\\%b'": True,
    "'axb' LIKE 'a\\%b'": False,
    "'a_b' LIKE 'a\\_b'": True,
    "'a\\b' LIKE 'a\\b'": True,
    "'a\\\\b' LIKE 'a\\\\b'": True,
    "'[a](b)*' LIKE '[_](b)*'": True,
    "\"it's\" LIKE 'it\\'%'": True,
    "'A' LIKE 'a'": False,
    # literals
    "'a\\'b'": "a'b",
    '"a\\"b"': 'a"b',
    "'a\\nb'": "a\\nb",
    "'a''b'": "a''b",
    "'é\n'": "é\n",
    # names
    "TYPE = 'a.b' aNd eXiStS Source": True,
    "EXISTS orders": False,
    "EXISTS 1a2": False,
    "length('é')": 1,
    # functions
    "TRIM('\u2003 a\x1f\xa0')": "a\x1f",
    "SUBSTRING('abc', -3)": "abc",
    "SUBSTRING('abc', 2, 100)": "bc",
    "SUBSTRING('abc', 2, 0)": "",
    "LEFT('abc', 0)": "",
    "RIGHT('abc', 0)": "",
    "CONCAT_WS('-', type, 1, TRUE)": "a.b-1-true",
    "IS_INT('5') AND IS_INT(TRUE) AND NOT IS_INT('x')": True,
    "IS_BOOL('true') AND NOT IS_BOOL('x')": True,
}

FAILS: dict[str, tuple[Value, list[tuple[str, str]]]] = {
    "absent": (False, [("missingAttribute", "absent is absent")]),
    "NOT (absent = 'x')": (False, [("missingAttribute", "absent is absent")]),
    "absent NOT LIKE 'x'": (False, [("missingAttribute", "absent is absent")]),
    "absent NOT IN ('x')": (False, [("missingAttribute", "absent is absent")]),
    "type IN (absent, 'a.b')": (False, [("missingAttribute", "absent is absent")]),
    "one = two": (False, [("missingAttribute", "one is absent"), ("missingAttribute", "two is absent")]),
    "absent OR TRUE": (False, [("missingAttribute", "absent is absent")]),
    "absent XOR TRUE": (False, [("missingAttribute", "absent is absent")]),
    "CONCAT('a', absent)": ("", [("missingAttribute", "absent is absent")]),
    "1 + LENGTH(absent)": (0, [("missingAttribute", "absent is absent")]),
    "1 % 0": (0, [("math", "1 is divided by 0")]),
    "'x' = 0": (False, [("cast", "'x' is no integer of 32 bits")]),
    "0 IN ('x')": (False, [("cast", "'x' is no integer of 32 bits")]),
    "INT('2147483648')": (0, [("cast", "'2147483648' is no integer of 32 bits")]),
    "INT('٣')": (0, [("cast", "'٣' is no integer of 32 bits")]),
    "INT(' 1')": (0, [("cast", "' 1' is no integer of 32 bits")]),
    "'x' AND TRUE": (False, [("cast", "'x' is neither true nor false")]),
    "TRUE AND 'x'": (False, [("cast", "'x' is neither true nor false")]),
    "'x' OR TRUE": (False, [("cast", "'x' is neither true nor false")]),
    "NOT source LIKE 'x'": (False, [("cast", "'//cabs' is neither true nor false")]),
    "NOT count": (True, [("cast", "NOT has the integer 7 after it, no boolean")]),
    "LEFT('abc', -1)": ("abc", [("functionEvaluation", "LEFT is asked for -1 characters")]),
    "SUBSTRING('abc', 1, -1)": ("", [("functionEvaluation", "SUBSTRING is asked for -1 characters")]),
    "SUBSTRING('abc', 4)": ("", [("functionEvaluation", "SUBSTRING begins at 4 of 3 characters")]),
    "NONE(1)": (False, [("missingFunction", "there is no function NONE with 1 argument")]),
    "LENGTH()": (False, [("missingFunction", "there is no function LENGTH with 0 arguments")]),
}

RETURNS = {
    "type": None,
    "(type)": None,
    "type = 'a'": bool,
    "EXISTS type": bool,
    "NONE()": bool,
    "5": int,
    "type + 1": int,
    "-type": int,
    "LENGTH(type)": int,
    "'a'": str,
    "LOWER(type)": str,
}


@pytest.mark.parametrize(("text", "value"), YIELDS.items())
def test_an_expression_yields(text: str, value: Value) -> None:
    result = compile_expression(text).evaluate(EVENT)
    assert result == Result(value)
    assert type(result.value) is type(value)


@pytest.mark.parametrize(("text", "expected"), FAILS.items())
def test_an_expression_fails_with_a_value(text: str, expected: tuple[Value, list[tuple[str, str]]]) -> None:
    result = compile_expression(text).evaluate(EVENT)
    assert (result.value, [(error.kind, error.message) for error in result.errors]) == expected


@pytest.mark.parametrize(("text", "returns"), RETURNS.items())
def test_what_an_expression_returns_is_known_before_any_event(text: str, returns: type | None) -> None:
    assert compile_expression(text).returns is returns


def test_evaluations_know_nothing_of_each_other() -> None:
    expression = compile_expression("subject = 'x'")
    assert expression.evaluate({}).errors
    assert expression.evaluate({"subject": "x"}) == Result(value=True)
