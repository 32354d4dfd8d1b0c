"""Values that travel as JSON text: money, distances, minutes and ids, each read strictly.

`parse` takes what JSON held, or a database column, and raises ValueError with a sentence that says what to send.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, Self

Schema = dict[str, Any]
CENT = Decimal("0.01")


class Money(Decimal):
    """An amount with cents, written `"12.50"`."""

    schema: ClassVar[Schema] = {"type": "string", "pattern": r"^-?[0-9]{1,9}(\.[0-9]{1,2})?$", "examples": ["12.50"]}

    @classmethod
    def parse(cls, value: object) -> Self:
        return cls(_decimal(value, whole=9, places=2).quantize(CENT))

    @classmethod
    def rounded(cls, value: Decimal) -> Self:
        """Round half up to the cent."""
        return cls(value.quantize(CENT, ROUND_HALF_UP))

    def plain(self) -> str:
        return str(self)


class Kilometres(Decimal):
    """A distance above zero, to the metre, written `"12.5"`."""

    schema: ClassVar[Schema] = {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,3})?$", "examples": ["12.5"]}

    @classmethod
    def parse(cls, value: object) -> Self:
        distance = cls(_decimal(value, whole=6, places=3))
        if distance <= 0:
            raise ValueError(f"{value} is no distance: it must be above zero")
        return distance

    def plain(self) -> str:
        return str(self)


class Minutes(int):
    """A whole number of minutes from zero up, as a JSON integer or a string of digits."""

    schema: ClassVar[Schema] = {"type": "integer", "minimum": 0, "maximum": 999999}

    @classmethod
    def parse(cls, value: object) -> Self:
        text = _digits(value)
        if not re.fullmatch("[0-9]{1,6}", text):
            raise ValueError(f"expected whole minutes from zero up, such as 25, got {_shown(value)}")
        return cls(text)

    def plain(self) -> int:
        return int(self)


class Id(str):
    """An id of 1 to 64 letters, digits, dots, dashes and underscores; a JSON integer is taken as its digits."""

    __slots__ = ()
    schema: ClassVar[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}

    @classmethod
    def parse(cls, value: object) -> Self:
        text = _digits(value)
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
            raise ValueError(f"expected an id of 1 to 64 characters A-Z a-z 0-9 . _ -, got {_shown(value)}")
        return cls(text)

    def plain(self) -> str:
        return str(self)


Value = Money | Kilometres | Minutes | Id


def parse(kind: type, value: object) -> Any:
    """Read a value of one of these types, the way msgspec asks for it (`dec_hook`)."""
    if issubclass(kind, Value):
        return kind.parse(value)
    raise NotImplementedError(f"{kind.__name__} is no type of an event's field")


def plain(value: object) -> str | int:
    """Write a value of one of these types as JSON has it (`enc_hook`)."""
    if isinstance(value, Value):
        return value.plain()
    raise NotImplementedError(f"{type(value).__name__} is no type of an event's field")


def schema(kind: type) -> Schema:
    """Describe a value of one of these types in JSON Schema (`schema_hook`)."""
    if issubclass(kind, Value):
        return dict(kind.schema)
    raise NotImplementedError(f"{kind.__name__} is no type of an event's field")


def _decimal(value: object, whole: int, places: int) -> Decimal:
    if isinstance(value, float):
        raise ValueError(f'a JSON number with a fraction loses digits: send the string "{value}"')  # noqa: TRY004 - as all
    text = str(value) if isinstance(value, Decimal) else _digits(value)
    if not re.fullmatch(rf"-?[0-9]{{1,{whole}}}(\.[0-9]{{1,{places}}})?", text):
        limits = f"{whole} digits and {places} decimals"
        raise ValueError(f'expected a decimal string of at most {limits}, such as "12.5", got {_shown(value)}')
    return Decimal(text)


def _digits(value: object) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number or isinstance(value, str) else ""


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str | int | float | Decimal) else f"a JSON {type(value).__name__}"
    return f"{text:.40}"  # enough to find it, however long it is
