"""Event contracts: what is read, what is refused and with which words."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import jsonschema
import msgspec
import pytest

from cabs.contract import Contract
from cabs.events import EVENTS, CompleteRide, DiscardDeadLetters, InvoiceIssued, ReplayDeadLetters, RideCompleted
from support.rides import RIDE


def ride(**fields: object) -> bytes:
    return msgspec.json.encode(RIDE | fields)


def test_a_command_is_read_and_written_back() -> None:
    command = CompleteRide.decode(ride())
    assert command.distance_km == Decimal("12.5")
    assert msgspec.json.decode(command.encode()) == RIDE


def test_what_kn_event_sends_is_read() -> None:
    command = CompleteRide.decode(ride(ride_id=4711, distance_km=12, duration_min="30"))
    assert msgspec.json.decode(command.encode()) == RIDE | {"ride_id": "4711", "distance_km": "12"}


def test_unknown_fields_are_ignored() -> None:
    assert CompleteRide.decode(ride(tip="1.00")) == CompleteRide.decode(ride())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "distance_km",
            12.5,
            'a JSON number with a fraction loses digits: send the string "12.5" - at `$.distance_km`',
        ),
        ("distance_km", "far", "got 'far' - at `$.distance_km`"),
        ("distance_km", "0", "must be above zero"),
        ("distance_km", "-1", "must be above zero"),
        ("distance_km", "1.2345", "3 decimals"),
        ("distance_km", "NaN", "expected a decimal string"),
        ("distance_km", "1e3", "expected a decimal string"),
        ("distance_km", "1_000", "expected a decimal string"),
        ("distance_km", " 1", "expected a decimal string"),
        ("distance_km", "١٢", "expected a decimal string"),
        ("distance_km", True, "expected a decimal string"),
        ("distance_km", 1_000_000, "expected a decimal string"),
        ("duration_min", -1, "expected whole minutes"),
        ("duration_min", 1.5, "expected whole minutes"),
        ("duration_min", None, "expected whole minutes"),
        ("ride_id", "a b", "expected an id"),
        ("ride_id", "a\n", "expected an id"),
        ("ride_id", "", "expected an id"),
        ("ride_id", "x" * 65, "expected an id"),
        ("ride_id", 1.5, "expected an id"),
    ],
)
def test_a_bad_field_is_named_with_what_to_send(field: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        CompleteRide.decode(ride(**{field: value}))


@pytest.mark.parametrize("body", [b"", b"{bad", b"[]", b'"text"', b"\xff", b'{"ride_id": "\xff"}', b"{}"])
def test_broken_data_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CompleteRide.decode(body)


def test_a_fact_is_made_of_a_row_with_columns_of_the_fields_names() -> None:
    row = RIDE | {"price": Decimal("26.5"), "currency": "EUR", "completed_at": datetime(2026, 1, 1, tzinfo=UTC), "x": 1}
    fact = RideCompleted.of(row)
    assert msgspec.json.decode(fact.encode())["price"] == "26.50"
    assert fact.aggregate == ("ride", "r-1")


def test_an_instant_without_a_time_zone_is_refused() -> None:
    body = {"ride_id": "r", "passenger_id": "p", "invoice_number": "2026-000001", "amount": "1", "currency": "EUR"}
    with pytest.raises(ValueError, match="timezone"):
        InvoiceIssued.decode(msgspec.json.encode(body | {"issued_at": "2026-01-01T00:00:00"}))


@pytest.mark.parametrize("contract", [ReplayDeadLetters, DiscardDeadLetters])
@pytest.mark.parametrize("body", [b"{}", b'{"id": "1", "type": "x"}'])
def test_dead_letters_are_named_by_either_id_or_type(contract: type[Contract], body: bytes) -> None:
    with pytest.raises(ValueError, match="either id or type"):
        contract.decode(body)


def test_the_corrected_data_of_a_replay_stays_as_it_was_written() -> None:
    command = ReplayDeadLetters.decode(b'{"id": 5, "data": {"distance_km":  12.50}}')
    assert bytes(command.data) == b'{"distance_km":  12.50}'


def test_types_are_unique_and_of_the_domain() -> None:
    types = [event.type for event in EVENTS]
    assert len(set(types)) == len(types)
    assert all(type_.startswith(f"{event.domain}.") for type_, event in zip(types, EVENTS, strict=True))


@pytest.mark.parametrize(
    ("change", "is_valid"), [({}, True), ({"distance_km": 12.5}, False), ({"ride_id": "a b"}, False)]
)
def test_the_json_schema_says_what_the_decoder_does(change: dict[str, object], is_valid: bool) -> None:
    check: Callable[[object], bool] = jsonschema.Draft202012Validator(CompleteRide.schema()).is_valid
    assert check(RIDE | change) is is_valid


@pytest.mark.parametrize("event", EVENTS)
def test_every_contract_has_a_schema_and_a_sentence(event: type[Contract]) -> None:
    jsonschema.Draft202012Validator.check_schema(event.schema())
    assert (event.__doc__ or "").endswith(".")
