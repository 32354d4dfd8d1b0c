"""Text to code: lark reads it by cesql.lark, and every rule it has read becomes a closure at once."""

from functools import cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from mesh.cesql import code, functions, like, logic, operators
from mesh.cesql.code import MAX_DEPTH, Code, TooDeep
from mesh.cesql.values import MAXIMUM, MINIMUM, ParseError

# What may come next, told by the token that stands for it in the grammar, the most telling first.
EXPECTED = {
    "TRUE": "a value is missing here: an attribute, a literal, a function or a parenthesis",
    "STRING": "LIKE needs a string in quotes here",
    "WORD": "EXISTS needs an attribute's name here",
    "$END": "an operator is missing here, or this is too much",
    "RPAR": "an operator or a closing parenthesis is missing here",
    "LPAR": "an opening parenthesis is missing here",
    "LIKE": "NOT needs LIKE or IN here",
}


def parse(text: str) -> Code:
    """Compile an expression; raises ParseError."""
    try:
        # The embedded transformer makes the result a Code, where lark's own type says tree.
        return cast("Code", _parser().parse(text))
    except UnexpectedToken as error:
        raise ParseError(_misplaced(error, text)) from None
    except UnexpectedCharacters as error:
        raise ParseError(f"{_place(error.line, error.column)}: {_unreadable(error.char)}") from None
    except TooDeep:
        remedy = "join with AND or OR what stands side by side, or make it several filters"
        raise ParseError(f"{_place(1, 1)}: nested deeper than {MAX_DEPTH} levels ({remedy})") from None


@cache
def _parser() -> Lark:
    grammar = files("mesh.cesql").joinpath("cesql.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Rules())


def _misplaced(error: UnexpectedToken, text: str) -> str:
    expected = next(sentence for token, sentence in EXPECTED.items() if token in error.accepts)
    if error.token.type == "$END":
        return f"{_end(text)}: the expression ends too early; {expected}"
    found = f"{_place(error.line, error.column)}: unexpected {str(error.token)!r:.40}"
    if error.token.type == "INTEGER" and error.token[0] in "+-":
        return f"{found}, which is a number of its own (put a space behind the {error.token[0]})"
    return f"{found}; {expected}"


def _unreadable(character: str) -> str:
    if character in "'\"":
        return (
            f"the string that begins here is not closed (end it with {character}; one inside is written \\{character})"
        )
    return f"{character!r} has no meaning in CESQL (text goes in quotes)"


def _end(text: str) -> str:
    *before, last = text.split("\n")
    return _place(len(before) + 1, len(last) + 1)


def _place(line: int, column: int) -> str:
    return f"line {line}, column {column}"


@v_args(inline=True)
class _Rules(Transformer[Token, Code]):
    """One method for each name in the grammar."""

    def true(self, _token: Token) -> Code:
        return code.literal(value=True)

    def false(self, _token: Token) -> Code:
        return code.literal(value=False)

    def integer(self, token: Token) -> Code:
        digits = token.lstrip("+-0")
        if len(digits) > len(str(MAXIMUM)) or not MINIMUM <= int(token) <= MAXIMUM:
            place = _place(token.line or 1, token.column or 1)
            raise ParseError(f"{place}: {str(token)!r:.40} is no integer of 32 bits ({MINIMUM} to {MAXIMUM})")
        return code.literal(int(token))

    def string(self, token: Token) -> Code:
        return code.literal(_unquoted(token))

    def attribute(self, name: Token) -> Code:
        return code.attribute(name.lower())

    def exists(self, _exists: Token, name: Token) -> Code:
        return code.exists(name.lower())

    def call(self, name: Token, arguments: list[Code] | None) -> Code:
        return functions.call(name, arguments or [])

    def values(self, *values: Code) -> list[Code]:
        return list(values)

    def logic(self, *parts: Any) -> Code:
        return logic.logic(parts[::2], parts[1::2])

    def comparison(self, left: Code, symbol: Token, right: Code) -> Code:
        return operators.comparison("!=" if symbol == "<>" else symbol, left, right)

    def arithmetic(self, left: Code, symbol: Token, right: Code) -> Code:
        return operators.arithmetic(symbol, left, right)

    def like(self, operand: Code, _like: Token, pattern: Token) -> Code:
        return like.like(operand, _unquoted(pattern))

    def not_like(self, operand: Code, _not: Token, _like: Token, pattern: Token) -> Code:
        return logic.inverse(like.like(operand, _unquoted(pattern)))

    def contains(self, operand: Code, _in: Token, values: list[Code]) -> Code:
        return operators.contains(operand, values)

    def not_contains(self, operand: Code, _not: Token, _in: Token, values: list[Code]) -> Code:
        return logic.inverse(operators.contains(operand, values))

    def inverse(self, _not: Token, operand: Code) -> Code:
        return logic.inverse(operand)

    def negative(self, _minus: Token, operand: Code) -> Code:
        return operators.negative(operand)


def _unquoted(token: Token) -> str:
    """Only the delimiter is escaped in a string; any other backslash is a backslash, for LIKE above all."""
    quote = token[0]
    return token[1:-1].replace(f"\\{quote}", quote)
