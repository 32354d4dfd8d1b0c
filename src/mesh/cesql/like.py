"""The LIKE operator: its pattern as a compiled regular expression (cloudevents/spec cesql/spec.md 3.4.3)."""

import re

from mesh.cesql.code import Code, as_type, code
from mesh.cesql.values import Attributes, Errors

PIECES = re.compile(r"\\[%_]|.", re.DOTALL)
WRITTEN = {"_": ".", r"\%": "%", r"\_": "_"}


def like(operand: Code, pattern: str) -> Code:
    text, matches = as_type(operand, str), expression(pattern).fullmatch

    def run(attributes: Attributes, errors: Errors) -> bool:
        x = text(attributes, errors)
        return not errors and matches(str(x)) is not None

    return code(run, bool, (operand,))


def expression(pattern: str) -> re.Pattern[str]:
    """`%` is any text, `_` any one character, a backslash before them takes that meaning; all else is itself.

    What stands between two `%` is found at its first place and never looked for again: a pattern with many of them
    would otherwise take time that grows with a power of the text's length.
    """
    head, *rest = _between_percents(pattern)
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    tail = f".*{rest[-1]}" if rest else ""
    return re.compile(head + middle + tail, re.DOTALL)


def _between_percents(pattern: str) -> list[str]:
    parts = [""]
    for piece in PIECES.findall(pattern):
        if piece == "%":
            parts.append("")
        else:
            parts[-1] += WRITTEN.get(piece) or re.escape(piece)
    return parts
