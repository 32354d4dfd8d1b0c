"""Texts that Go reads in the webhook: whatever they are, they are judged, and as an independent judge would."""

import base64
import binascii
import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from mesh.manifests.certificates import certificate_problem
from mesh.manifests.go_data import base64_problem, parse_object
from mesh.manifests.names import identifier_problems, key_problems, label_problems, value_problems
from mesh.manifests.schedule import check_schedule
from mesh.manifests.urls import parse_url

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def strict(text: str) -> bool:
    try:
        base64.b64decode(text.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(text.replace("\n", "")) % 4 == 0


@given(st.text("YWJjAQ=-\n", max_size=12))
def test_base64_is_what_a_strict_decoder_takes(text: str) -> None:
    assert (base64_problem(text) is None) is strict(text)


@given(st.binary(max_size=20))
def test_whatever_was_encoded_is_base64(data: bytes) -> None:
    assert base64_problem(base64.b64encode(data).decode()) is None


@given(JSON)
def test_json_is_an_object_or_null(value: object) -> None:
    try:
        read = parse_object(json.dumps(value))
    except ValueError:
        assert not isinstance(value, dict | None)
    else:
        assert read == (value or {})


@given(st.text('{}[]:,"a1.e-tnu \\', max_size=12))
def test_no_text_is_too_odd_for_json(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_object(text), dict)


@given(st.text("0123456789*?/-,@everydailyTZ=MONjan ", max_size=20), st.sampled_from(["", "UTC", "../x", "A B", "\\"]))
def test_no_text_is_too_odd_for_a_schedule(schedule: str, timezone: str) -> None:
    assert all(str(error) for error in check_schedule(schedule, timezone))


@given(st.lists(st.integers(0, 59), min_size=1, max_size=4), st.integers(1, 31), st.integers(1, 12), st.integers(0, 6))
def test_every_moment_is_a_schedule(minutes: list[int], day: int, month: int, weekday: int) -> None:
    schedule = f"{','.join(map(str, minutes))} 0-23/{day} {day} {month} {weekday}"
    assert list(check_schedule(schedule, "")) == []


@given(st.text("htp:/@[]%20?#a.é \\", max_size=15) | st.text(max_size=8))
def test_no_text_is_too_odd_for_a_url(text: str) -> None:
    with suppress(ValueError):
        assert not parse_url(text).host or "//" in text


@given(st.text("aZ0-._/\n", max_size=8))
def test_a_name_is_judged_whole(text: str) -> None:
    assert bool(label_problems(text)) >= bool({*"Z._/\n"} & {*text})
    assert bool(identifier_problems(text)) >= bool({*"-./\n"} & {*text})
    assert bool(key_problems(text)) >= ("\n" in text or text.count("/") > 1)
    assert bool(value_problems(text)) >= bool({*"/\n"} & {*text})


@given(st.text("-BEGIN CERTFAT\n=", max_size=60))
def test_no_text_is_too_odd_for_a_certificate(text: str) -> None:
    assert certificate_problem(text)
