"""Settings and their errors."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from step.errors import SettingError
from step.settings import Settings

SETTINGS = Settings({"RATE": "0.80", "POOL": "4", "WAIT": "PT1M30S", "WEEK": "P7D", "EMPTY": "", "BAD": "x"})


def test_settings_are_read_as_what_they_are() -> None:
    assert SETTINGS.rate("RATE") == SETTINGS.share("RATE") == Decimal("0.80")
    assert SETTINGS.whole("POOL", "1") == 4
    assert SETTINGS.duration("WAIT", "PT1S") == timedelta(seconds=90)
    assert SETTINGS.duration("WEEK", "PT1S") == timedelta(days=7)


def test_what_is_empty_counts_as_not_set() -> None:
    assert SETTINGS.get("EMPTY") is None
    assert SETTINGS.whole("EMPTY", "7") == 7
    with pytest.raises(SettingError, match=r"EMPTY is not set: give it a value in run.envs of func.yaml"):
        SETTINGS.text("EMPTY")


@pytest.mark.parametrize("value", ["x", "NaN", "Infinity", "-0.01"])
def test_a_rate_is_a_finite_number_from_zero_up(value: str) -> None:
    with pytest.raises(SettingError, match=r"^RATE is "):
        Settings({"RATE": value}).rate("RATE")
    assert Settings({"RATE": "0"}).rate("RATE") == 0


def test_a_share_is_at_most_the_whole() -> None:
    assert Settings({"SHARE": "1"}).share("SHARE") == 1
    with pytest.raises(SettingError, match=r"^SHARE is 1.01: expected a share from 0 to 1"):
        Settings({"SHARE": "1.01"}).share("SHARE")


@pytest.mark.parametrize("value", ["PT0S", "-PT1S"])
def test_a_duration_is_above_zero(value: str) -> None:
    with pytest.raises(SettingError, match=f"^WAIT is '{value}': expected a duration above zero"):
        Settings({"WAIT": value}).duration("WAIT", "PT1S")


@pytest.mark.parametrize("value", ["eur", "EURO", "EUR\n"])
def test_a_text_of_a_given_form_is_that_from_end_to_end(value: str) -> None:
    with pytest.raises(SettingError, match=r"^CURRENCY is .* expected three capitals"):
        Settings({"CURRENCY": value}).matching("CURRENCY", "[A-Z]{3}", "three capitals")
    assert Settings({"CURRENCY": "EUR"}).matching("CURRENCY", "[A-Z]{3}", "three capitals") == "EUR"


def test_a_wrong_setting_is_named_with_its_value_and_an_example() -> None:
    with pytest.raises(SettingError, match=re.escape("BAD is 'x': expected a whole number such as 4")):
        SETTINGS.whole("BAD", "1")
    with pytest.raises(SettingError, match=re.escape("BAD is 'x': expected an ISO 8601 duration such as PT10S or P7D")):
        SETTINGS.duration("BAD", "P1D")
    with pytest.raises(SettingError, match="expected at least 1"):
        Settings({"POOL": "0"}).whole("POOL", "1")
