"""Prices, fees and miles."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabs.fares import Tariff, driver_fee, miles, price
from cabs.values import Kilometres, Minutes, Money

TARIFF = Tariff(base=Decimal("2.50"), per_km=Decimal("1.20"), per_minute=Decimal("0.30"))


@pytest.mark.parametrize(
    ("distance", "minutes", "expected"),
    [("12.5", 30, "26.50"), ("0.001", 0, "2.50"), ("0.004", 0, "2.50"), ("0.005", 0, "2.51"), ("10", 0, "14.50")],
)
def test_a_price_is_rounded_half_up_to_the_cent(distance: str, minutes: int, expected: str) -> None:
    assert price(TARIFF, Kilometres(distance), Minutes(minutes)).plain() == expected


def test_half_a_cent_is_rounded_up() -> None:
    tariff = Tariff(base=Decimal("0.005"), per_km=Decimal(0), per_minute=Decimal(0))
    assert price(tariff, Kilometres(1), Minutes(0)).plain() == "0.01"


@pytest.mark.parametrize(("paid", "expected"), [("26.50", "21.20"), ("2.51", "2.01"), ("0.01", "0.01")])
def test_the_driver_gets_the_share(paid: str, expected: str) -> None:
    assert driver_fee(Money(paid), Decimal("0.80")).plain() == expected


@pytest.mark.parametrize(("distance", "expected"), [("1.609", 0), ("1.610", 1), ("12.5", 7), ("1609.344", 1000)])
def test_one_mile_for_each_full_mile(distance: str, expected: int) -> None:
    assert miles(Kilometres(distance)) == expected


@given(st.decimals(min_value="0.01", max_value="999999", places=2))
def test_money_survives_its_text(amount: Decimal) -> None:
    assert Money.parse(Money(amount).plain()) == amount
