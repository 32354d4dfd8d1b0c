"""Why Go would not read a text as a JSON object or as base64, in the words of its standard library."""

import json
import math
import re
from typing import Any, NoReturn

EXPECTED = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
}
TYPES = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/\r\n]")
QUANTUM = 4


def parse_object(text: str) -> dict[str, Any]:
    """Parse a JSON object; null is an empty one, as for Go. Raises ValueError with Go's sentence."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_float64, parse_int=_float64)
    except json.JSONDecodeError as error:
        raise ValueError(_syntax(text, error)) from error
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        message = f"json: cannot unmarshal {TYPES[type(value)]} into Go value of type map[string]interface {{}}"
        raise ValueError(message)  # noqa: TRY004 - a text was not what it should be
    return value


def base64_problem(text: str) -> str | None:
    """Say where the text stops being standard base64, padding and all; line ends are passed over."""
    body = text.rstrip("\r\n=")
    wrong = NOT_BASE64.search(body)
    digits = len(re.sub(r"[\r\n]", "", body))
    padding = text[len(body) :].count("=")
    if wrong:
        at = wrong.start()
    elif (digits + padding) % QUANTUM == 0 and padding < QUANTUM - 1:
        return None
    else:
        at = _broken_end(text, len(body), digits % QUANTUM)
    return f"illegal base64 data at input byte {len(text[:at].encode())}"


def _broken_end(text: str, body: int, over: int) -> int:
    """Missing padding is told where its group begins, padding where it is too much or too little."""
    if "=" not in text[body:]:
        return len(text) - over
    needed = QUANTUM - over if over > 1 else 0
    marks = [at for at in range(body, len(text)) if text[at] == "="]
    return marks[needed] if len(marks) > needed else len(text)


def _syntax(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()):
        return "unexpected end of JSON input"
    where = EXPECTED.get(error.msg, EXPECTED["Expecting value"])
    return f"invalid character '{text[error.pos]}' {where}"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")


def _float64(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"json: cannot unmarshal number {number} into Go value of type float64")
    return value
