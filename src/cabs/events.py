"""Every event of Cabs, declared once: its type, whether it is a command or a fact, and its fields.

Commands are imperatives, facts are past tense. No other file spells an event type.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from cabs.contract import Contract, RideContract
from cabs.values import Id, Kilometres, Minutes, Money

Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
InvoiceNumber = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{6,}$", examples=["2026-000001"])]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Miles = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
About = Literal["invoice", "miles", "fee"]
Channel = Literal["email", "log"]
ABSENT = msgspec.Raw(b"null")


class CompleteRide(RideContract, frozen=True, kw_only=True):
    """A ride has come to its end: complete it."""

    type = "cabs.rides.complete-ride"
    kind = "command"

    passenger_id: Id
    driver_id: Id
    distance_km: Kilometres
    duration_min: Minutes


class RideCompleted(RideContract, frozen=True, kw_only=True):
    """A ride is completed and has its price."""

    type = "cabs.rides.ride-completed"
    kind = "fact"

    passenger_id: Id
    driver_id: Id
    distance_km: Kilometres
    duration_min: Minutes
    price: Money
    currency: Currency
    completed_at: Instant


class DriverFee(RideContract, frozen=True, kw_only=True):
    """A driver has earned a fee with a ride."""

    type = "cabs.drivers.driver-fee"
    kind = "fact"

    driver_id: Id
    fee: Money
    currency: Currency


class InvoiceIssued(RideContract, frozen=True, kw_only=True):
    """A passenger was invoiced for a ride."""

    type = "cabs.billing.invoice-issued"
    kind = "fact"

    passenger_id: Id
    invoice_number: InvoiceNumber
    amount: Money
    currency: Currency
    issued_at: Instant


class MilesAwarded(RideContract, frozen=True, kw_only=True):
    """A passenger was awarded miles for a ride; `balance` includes them."""

    type = "cabs.passengers.miles-awarded"
    kind = "fact"

    passenger_id: Id
    miles: Miles
    balance: Miles


class NotificationSent(RideContract, frozen=True, kw_only=True):
    """A passenger or driver was told about the invoice, the miles or the fee of a ride."""

    type = "cabs.notifications.notification-sent"
    kind = "fact"

    recipient: Id
    about: About
    channel: Channel


class DeadLetterCommand(Contract, frozen=True, kw_only=True):
    """Dead letters named by an `id`, their own or their event's, or all open ones of an event `type`."""

    kind = "command"

    id: Id | None = None
    of_type: str | None = msgspec.field(name="type", default=None)

    def __post_init__(self) -> None:
        if (self.id is None) == (self.of_type is None):
            raise ValueError("name the dead letters by either id or type")

    @property
    def aggregate(self) -> tuple[str, str]:
        return "dead-letters", str(self.id or self.of_type)


class ReplayDeadLetters(DeadLetterCommand, frozen=True, kw_only=True):
    """Send dead letters (that died by `until`) to the broker again; `data` replaces the payload of a single one."""

    type = "cabs.dead-letters.replay"

    data: msgspec.Raw = msgspec.field(default_factory=lambda: ABSENT)
    until: Instant | None = None

    @property
    def correction(self) -> bytes | None:
        """The payload that replaces the letter's; null counts as absent."""
        return None if bytes(self.data) == bytes(ABSENT) else bytes(self.data)


class DiscardDeadLetters(DeadLetterCommand, frozen=True, kw_only=True):
    """Close dead letters that nobody needs any more."""

    type = "cabs.dead-letters.discard"


EVENTS: tuple[type[Contract], ...] = (
    CompleteRide,
    RideCompleted,
    DriverFee,
    InvoiceIssued,
    MilesAwarded,
    NotificationSent,
    ReplayDeadLetters,
    DiscardDeadLetters,
)
