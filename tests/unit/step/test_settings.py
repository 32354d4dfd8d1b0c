"""Settings and their errors."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from step.errors import SettingError
from step.settings import Settings

SETTINGS = Settings(
    {"RATE": "0.80", "POOL": "4", "WAIT": "PT1M30S", "WEEK": "P7D", "EMPTY": "", "BAD": "x", "NAN": "NaN"}
)


def test_settings_are_read_as_what_they_are() -> None:
    assert SETTINGS.decimal("RATE") == Decimal("0.80")
    assert SETTINGS.whole("POOL", "1") == 4
    assert SETTINGS.duration("WAIT", "PT1S") == timedelta(seconds=90)
    assert SETTINGS.duration("WEEK", "PT1S") == timedelta(days=7)


def test_what_is_empty_counts_as_not_set() -> None:
    assert SETTINGS.get("EMPTY") is None
    assert SETTINGS.whole("EMPTY", "7") == 7
    with pytest.raises(SettingError, match=r"EMPTY is not set: give it a value in run.envs of func.yaml"):
        SETTINGS.text("EMPTY")


@pytest.mark.parametrize("name", ["BAD", "NAN"])
def test_a_decimal_setting_is_a_finite_number(name: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} is "):
        SETTINGS.decimal(name)


def test_a_wrong_setting_is_named_with_its_value_and_an_example() -> None:
    with pytest.raises(SettingError, match=re.escape("BAD is 'x': expected a whole number such as 4")):
        SETTINGS.whole("BAD", "1")
    with pytest.raises(SettingError, match=re.escape("BAD is 'x': expected an ISO 8601 duration such as PT10S or P7D")):
        SETTINGS.duration("BAD", "P1D")
    with pytest.raises(SettingError, match="expected at least 1"):
        Settings({"POOL": "0"}).whole("POOL", "1")
