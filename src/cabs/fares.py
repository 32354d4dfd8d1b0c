"""What a ride costs, what its driver earns, and the miles it is worth: plain arithmetic."""

from decimal import Decimal

import msgspec

from cabs.values import Kilometres, Minutes, Money

KILOMETRES_PER_MILE = Decimal("1.609344")


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """Prices in one currency: what every ride costs, and what is added for each kilometre and minute."""

    base: Decimal
    per_km: Decimal
    per_minute: Decimal


def price(tariff: Tariff, distance: Kilometres, duration: Minutes) -> Money:
    """Rounded half up to the cent."""
    return Money.rounded(tariff.base + tariff.per_km * distance + tariff.per_minute * duration)


def driver_fee(price: Money, share: Decimal) -> Money:
    """The driver's share of the price (0.80 is 80 %), rounded half up to the cent."""
    return Money.rounded(price * share)


def miles(distance: Kilometres) -> int:
    """One for each full mile."""
    return int(distance // KILOMETRES_PER_MILE)
