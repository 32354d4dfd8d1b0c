"""`--field` is typed as kn event types it."""

from typing import Any

import pytest

from mesh.cli.fields import data_of, typed
from mesh.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("1", 1),
        ("12", 12),
        ("-5", -5),
        ("0", 0),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", "9223372036854775808"),
        ("-0", "-0"),
        ("+5", "+5"),
        ("007", "007"),
        ("1_000", "1_000"),
        (" 12", " 12"),
        ("\u0661\u0662", "\u0661\u0662"),
        ("12.500000", 12.5),
        ("-0.250000", -0.25),
        ("12.000000", 12),
        ("0.100000", 0.1),
        ("12.50", "12.50"),
        ("12.5", "12.5"),
        ("12.5000000", "12.5000000"),
        ("012.500000", "012.500000"),
        ("9007199254740993.000000", "9007199254740993.000000"),
        ("1e3", "1e3"),
        ("0x10", "0x10"),
        ("NaN", "NaN"),
        ("nan", "nan"),
        ("+Inf", "+Inf"),
        ("null", "null"),
        ('{"a":1}', '{"a":1}'),
        ("", ""),
    ],
)
def test_a_value_has_the_type_that_kn_gives_it(text: str, value: Any) -> None:
    assert typed(text) == value
    assert type(typed(text)) is type(value)


def test_dots_nest() -> None:
    fields = [("person.name", "Ada"), ("person.age", "36"), ("ping", "123"), ("active", "true")]

    assert data_of(fields, []) == {"person": {"name": "Ada", "age": 36}, "ping": 123, "active": True}


def test_a_raw_field_is_always_text() -> None:
    assert data_of([], [("ref", "321"), ("on", "true")]) == {"ref": "321", "on": "true"}


def test_the_last_of_one_path_wins() -> None:
    assert data_of([("a", "1"), ("a", "2")], [("a", "3")]) == {"a": "3"}


def test_a_value_where_an_object_is_needed_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"field a\.b needs an object at 'a', where another field put 1"):
        data_of([("a", "1"), ("a.b", "2")], [])
