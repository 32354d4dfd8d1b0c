"""Settings, read from a mapping with errors that name the setting; what is empty counts as not set."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from step.errors import SettingError

T = TypeVar("T", Decimal, int, timedelta)


class Settings:
    """The environment's variables, each read as what it is. Everything raises SettingError."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        value = self._values.get(name) or default
        if value is None:
            raise SettingError(f"{name} is not set: give it a value in run.envs of func.yaml")
        return value

    def get(self, name: str) -> str | None:
        return self._values.get(name) or None

    def matching(self, name: str, pattern: str, expected: str) -> str:
        """Text that the pattern describes from end to end; `expected` says so in words."""
        value = self.text(name)
        if not re.fullmatch(pattern, value):
            raise SettingError(f"{name} is {value!r}: expected {expected}")
        return value

    def rate(self, name: str) -> Decimal:
        """A decimal number from zero up."""
        value = self._read(name, None, Decimal, "a decimal number such as 0.80")
        if not value.is_finite() or value < 0:
            raise SettingError(f"{name} is {value}: expected a finite number from zero up")
        return value

    def share(self, name: str) -> Decimal:
        """A part of a whole: 0.80 is 80 %."""
        value = self.rate(name)
        if value > 1:
            raise SettingError(f"{name} is {value}: expected a share from 0 to 1, such as 0.80")
        return value

    def whole(self, name: str, default: str) -> int:
        """A whole number from one up."""
        value = self._read(name, default, int, "a whole number such as 4")
        if value < 1:
            raise SettingError(f"{name} is {value}: expected at least 1")
        return value

    def duration(self, name: str, default: str) -> timedelta:
        """An ISO 8601 duration of days and time, above zero."""
        value = self._read(name, default, timedelta, "an ISO 8601 duration such as PT10S or P7D")
        if value <= timedelta():
            raise SettingError(f"{name} is {self.text(name, default)!r}: expected a duration above zero")
        return value

    def _read(self, name: str, default: str | None, kind: type[T], expected: str) -> T:
        text = self.text(name, default)
        try:
            return msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError as error:
            raise SettingError(f"{name} is {text!r}: expected {expected}") from error
