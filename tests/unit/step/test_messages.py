"""The text of a refusal, as a header and as a body."""

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from step.messages import REASON_BODY_LIMIT, REASON_LIMIT, failure, header_text


@given(st.text(max_size=400))
def test_any_reason_survives_as_one_line_of_ascii(reason: str) -> None:
    header = header_text(reason)
    assert header.isascii()
    assert header.isprintable()
    assert len(header) <= REASON_LIMIT


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=20))
def test_a_short_reason_can_be_read_back(reason: str) -> None:
    assert unquote(header_text(reason)).startswith(reason[:15])


def test_plain_words_stay_as_they_are() -> None:
    assert header_text("ride r-1 is\n already completed: 100%") == "ride r-1 is already completed: 100%25"


def test_a_failure_says_why_in_its_body_too() -> None:
    answer = failure(422, "far" * 1000)
    assert answer.status == 422
    assert answer.body == (b"far" * 1000)[:REASON_BODY_LIMIT]
