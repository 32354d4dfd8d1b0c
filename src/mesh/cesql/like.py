"""The LIKE operator: its pattern as a compiled regular expression (cloudevents/spec cesql/spec.md 3.4.3)."""

import re

from mesh.cesql.code import Code, as_type, code
from mesh.cesql.values import Attributes, Errors

PIECES = re.compile(r"\\[%_]|.", re.DOTALL)
WILDCARDS = {"%": ".*", "_": ".", r"\%": "%", r"\_": "_"}


def like(operand: Code, pattern: str) -> Code:
    text, matches = as_type(operand, str), expression(pattern).fullmatch

    def run(attributes: Attributes, errors: Errors) -> bool:
        x = text(attributes, errors)
        return not errors and matches(str(x)) is not None

    return code(run, bool, (operand,))


def expression(pattern: str) -> re.Pattern[str]:
    """`%` is any text, `_` any one character, a backslash before them takes that meaning; all else is itself."""
    pieces = PIECES.findall(re.sub("%+", "%", pattern))
    return re.compile("".join(WILDCARDS.get(piece) or re.escape(piece) for piece in pieces), re.DOTALL)
