"""Texts that are no expression: each gets a sentence with line and column, and nothing else ever escapes."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mesh.cesql.code import MAX_DEPTH
from mesh.cesql.expression import compile_expression
from mesh.cesql.values import ParseError

VALUE = "a value is missing here: an attribute, a literal, a function or a parenthesis"
OPERATOR = "an operator is missing here, or this is too much"
CLOSING = "an operator or a closing parenthesis is missing here"

BROKEN = {
    "": f"line 1, column 1: the expression ends too early; {VALUE}",
    "  ": f"line 1, column 3: the expression ends too early; {VALUE}",
    "type =": f"line 1, column 7: the expression ends too early; {VALUE}",
    "type = 'a'\n  AND": f"line 2, column 6: the expression ends too early; {VALUE}",
    "(type = 'a'": f"line 1, column 12: the expression ends too early; {CLOSING}",
    "ABC(": f"line 1, column 5: the expression ends too early; {VALUE}",
    "a = = b": f"line 1, column 5: unexpected '='; {VALUE}",
    "a IN ()": f"line 1, column 7: unexpected ')'; {VALUE}",
    "a = 'b' c": f"line 1, column 9: unexpected 'c'; {OPERATOR}",
    "a = 'b')": f"line 1, column 8: unexpected ')'; {OPERATOR}",
    "(a b)": f"line 1, column 4: unexpected 'b'; {CLOSING}",
    "LENGTH2(a)": f"line 1, column 8: unexpected '('; {OPERATOR}",
    "CONCAT_WS = 'a'": "line 1, column 11: unexpected '='; an opening parenthesis is missing here",
    "a IN 'b'": """line 1, column 6: unexpected "'b'"; an opening parenthesis is missing here""",
    "a NOT 'b'": """line 1, column 7: unexpected "'b'"; NOT needs LIKE or IN here""",
    "a LIKE 5": "line 1, column 8: unexpected '5'; LIKE needs a string in quotes here",
    "a LIKE b": "line 1, column 8: unexpected 'b'; LIKE needs a string in quotes here",
    "EXISTS 'a'": """line 1, column 8: unexpected "'a'"; EXISTS needs an attribute's name here""",
    "EXISTS (a)": "line 1, column 8: unexpected '('; EXISTS needs an attribute's name here",
    "4 -1": "line 1, column 3: unexpected '-1', which is a number of its own (put a space behind the -)",
    "a = 4+1": "line 1, column 6: unexpected '+1', which is a number of its own (put a space behind the +)",
    "type = 'a": (
        "line 1, column 8: the string that begins here is not closed (end it with '; one inside is written \\')"
    ),
    "a = 'b' AND\n c = \"d": (
        'line 2, column 6: the string that begins here is not closed (end it with "; one inside is written \\")'
    ),
    "a = 'b\\'": (
        "line 1, column 5: the string that begins here is not closed (end it with '; one inside is written \\')"
    ),
    "a = #": "line 1, column 5: '#' has no meaning in CESQL (text goes in quotes)",
    "a = \u017f": "line 1, column 5: '\u017f' has no meaning in CESQL (text goes in quotes)",
    "2147483648": "line 1, column 1: '2147483648' is no integer of 32 bits (-2147483648 to 2147483647)",
    "a = -2147483649": "line 1, column 5: '-2147483649' is no integer of 32 bits (-2147483648 to 2147483647)",
}

TOO_DEEP: dict[str, Callable[[int], str]] = {
    "NOT": lambda levels: "NOT " * levels + "a",
    "a minus sign": lambda levels: "- " * levels + "1",
    "functions": lambda levels: "LOWER(" * levels + "a" + ")" * levels,
    "sums": lambda levels: "1" + " + 1" * levels,
    "comparisons": lambda levels: "1" + " = 1" * levels,
    "XOR": lambda levels: "TRUE" + " XOR TRUE" * levels,
    "AND and OR by turns": lambda levels: "TRUE AND FALSE OR " * (levels // 2) + "TRUE",
    "sets": lambda levels: "a IN (" * levels + "a" + ")" * levels,
    "LIKE": lambda levels: "a" + " LIKE 'a'" * levels,
}


@pytest.mark.parametrize(("text", "sentence"), BROKEN.items())
def test_the_sentence_says_where_and_what(text: str, sentence: str) -> None:
    with pytest.raises(ParseError) as raised:
        compile_expression(text)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("levels", [101, 5_000])
@pytest.mark.parametrize("nested", TOO_DEEP.values(), ids=TOO_DEEP.keys())
def test_too_deep_an_expression_is_refused(nested: Callable[[int], str], levels: int) -> None:
    with pytest.raises(ParseError, match="line 1, column 1: nested deeper than 100 levels"):
        compile_expression(nested(levels + 1))


@pytest.mark.parametrize("nested", TOO_DEEP.values(), ids=TOO_DEEP.keys())
def test_as_deep_as_is_allowed_can_be_evaluated(nested: Callable[[int], str]) -> None:
    compile_expression(nested(MAX_DEPTH - 1)).evaluate({"a": "a"})


def test_what_only_looks_deep_is_allowed() -> None:
    assert compile_expression("(" * 5_000 + "a = 'b'" + ")" * 5_000).evaluate({"a": "b"}).value is True
    assert compile_expression("a = 'b' OR " * 5_000 + "TRUE").evaluate({"a": "a"}).value is True
    assert compile_expression("a IN (" + "'b', " * 5_000 + "'a')").evaluate({"a": "a"}).value is True


WORDS = (
    "AND OR XOR NOT LIKE IN EXISTS TRUE false = != <> < <= > >= + - * / % ( ) , 0 7 +7 -7 2147483647 -2147483648 "
    "99999999999 '' 'a' 'true' '8' '%' '_' '\\%' \"b\" \" type source absent a1 1a INT( BOOL( STRING( ABS( LENGTH( "
    "CONCAT( CONCAT_WS( LOWER( UPPER( TRIM( LEFT( RIGHT( SUBSTRING( IS_INT( IS_BOOL( NONE( _ # \n"
)
PIECES = st.sampled_from(WORDS.split(" "))
EVENT = {"type": "a", "source": "8"}


@given(st.text() | st.lists(PIECES, max_size=20).map(" ".join) | st.lists(PIECES, max_size=8).map("".join))
@example("\x00")
@example("'" * 101)
@example("İN")
def test_any_text_compiles_or_is_told_why_not(text: str) -> None:
    try:
        expression = compile_expression(text)
    except ParseError as error:
        assert str(error).startswith("line ")  # noqa: PT017 - most texts are refused, and some are not
    else:
        result = expression.evaluate(EVENT)
        assert type(result.value) in {str, int, bool}
        assert expression.returns in {None, type(result.value)}
