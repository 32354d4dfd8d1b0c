"""The table: what each step does with an event, the same in every layout and however the event comes to it."""

import re
from collections.abc import Mapping
from typing import Any

from support.cases import INSTANT, Case
from support.rides import COMPLETED, FEE, INVOICE, MILES, RIDE
from support.steps import event

NUMBER = re.compile(r"\d{4}-\d{6}")
RIDE_COMPLETED = "cabs.rides.ride-completed"
SENT = "cabs.notifications.notification-sent"
FAR = "got 'far' - at `$.distance_km`"
DEATH = {"knativeerrordest": "http://nowhere/", "knativeerrorcode": "500", "knativeerrordata": "YSBidWc="}
LETTER = "SELECT state, code, reason, count FROM dead_letter.letters WHERE event_id = $1"
STATUS = "SELECT {column}::text FROM ride_status.rides WHERE ride_id = $1"
TOLD = "SELECT about, recipient, channel FROM {schema}.notifications WHERE ride_id = $1"
WANTS_PRICE = "Object missing required field `price`"


def _of(step: str, name: str, type_: str, data: Mapping[str, Any], **expected: Any) -> Case:
    """A case whose ride, or dead letter, bears its own id."""
    id_ = f"{step}.{name}"
    own = {"ride_id": id_, "passenger_id": f"p-{id_}"}
    said = {field: own.get(field, value) for field, value in data.items()}
    if expected.get("reply"):
        of_type, replied = expected["reply"]
        expected["reply"] = of_type, {field: own.get(field, value) for field, value in replied.items()}
    return Case(id_, step, event(type_, said, id=id_), **expected)


def _notified(about: str, recipient: str) -> dict[str, Any]:
    return {"ride_id": "", "recipient": recipient, "about": about, "channel": "log"}


def _news(about: str, type_: str, data: Mapping[str, Any], recipient: str) -> Case:
    return _of(
        "notify",
        about,
        type_,
        data,
        reply=(SENT, _notified(about, recipient)),
        effect=(TOLD.format(schema="notify"), [(about, recipient, "log")]),
    )


def _learnt(column: str, type_: str, data: Mapping[str, Any], known: str) -> Case:
    return _of("ride-status", column, type_, data, effect=(STATUS.format(column=column), [(known,)]))


CASES = (
    _of(
        "ride-completed",
        "priced",
        "cabs.rides.complete-ride",
        RIDE,
        reply=(RIDE_COMPLETED, COMPLETED | {"completed_at": INSTANT}),
        effect=("SELECT price::text FROM ride_completed.rides WHERE ride_id = $1", [("26.50",)]),
    ),
    _of(
        "ride-completed",
        "far",
        "cabs.rides.complete-ride",
        RIDE | {"distance_km": "far"},
        reason=FAR,
        effect=("SELECT 1 FROM ride_completed.rides WHERE ride_id = $1", []),
    ),
    _of(
        "calculate-fee",
        "share",
        RIDE_COMPLETED,
        COMPLETED,
        reply=("cabs.drivers.driver-fee", FEE),
        effect=("SELECT fee::text FROM calculate_fee.fees WHERE ride_id = $1", [("21.20",)]),
    ),
    _of("calculate-fee", "no-price", RIDE_COMPLETED, RIDE, reason=WANTS_PRICE),
    _of(
        "invoice",
        "number",
        RIDE_COMPLETED,
        COMPLETED,
        reply=("cabs.billing.invoice-issued", INVOICE | {"invoice_number": NUMBER, "issued_at": INSTANT}),
        effect=("SELECT amount::text, currency FROM invoice.invoices WHERE ride_id = $1", [("26.50", "EUR")]),
    ),
    _of(
        "invoice",
        "no-price",
        RIDE_COMPLETED,
        RIDE,
        reason=WANTS_PRICE,
        effect=("SELECT 1 FROM invoice.invoices WHERE ride_id = $1", []),
    ),
    _of(
        "register-miles",
        "seven",
        RIDE_COMPLETED,
        COMPLETED,
        reply=("cabs.passengers.miles-awarded", MILES),
        effect=("SELECT balance FROM register_miles.accounts WHERE passenger_id = 'p-' || $1", [(7,)]),
    ),
    _of("register-miles", "no-price", RIDE_COMPLETED, RIDE, reason=WANTS_PRICE),
    _news("invoice", "cabs.billing.invoice-issued", INVOICE, "p-notify.invoice"),
    _news("miles", "cabs.passengers.miles-awarded", MILES, "p-notify.miles"),
    _news("fee", "cabs.drivers.driver-fee", FEE, "d-1"),
    _of("notify", "nobody", "cabs.drivers.driver-fee", {"ride_id": ""}, reason="missing required field `driver_id`"),
    _learnt("price", RIDE_COMPLETED, COMPLETED, "26.50"),
    _learnt("driver_fee", "cabs.drivers.driver-fee", FEE, "21.20"),
    _learnt("invoice_number", "cabs.billing.invoice-issued", INVOICE, "2026-000001"),
    _learnt("miles", "cabs.passengers.miles-awarded", MILES, "7"),
    _of(
        "ride-status",
        "told",
        SENT,
        _notified("fee", "d-1"),
        effect=(TOLD.format(schema="ride_status"), [("fee", "d-1", "log")]),
    ),
    _of("ride-status", "told-of-nothing", SENT, _notified("weather", "d-1"), reason="`$.about`"),
    Case(
        "dead-letter.buried",
        "dead-letter",
        event("cabs.dead-letters.discard", b"{", id="dead-letter.buried", **DEATH),
        effect=(LETTER, [("open", 500, "a bug", 2)]),
    ),
    Case(
        "dead-letter.discarded",
        "dead-letter",
        event("cabs.dead-letters.discard", {"id": "dead-letter.discarded"}, id="discard"),
        effect=(LETTER, [("discarded", 500, "a bug", 1)]),
        before=event("cabs.dead-letters.discard", id="dead-letter.discarded", **DEATH),
    ),
    _of(
        "dead-letter",
        "unknown",
        "cabs.dead-letters.discard",
        {"id": "nothing"},
        reason="no open dead letter has the id nothing",
    ),
)


def of(step: str) -> list[Case]:
    return [case for case in CASES if case.step == step]
