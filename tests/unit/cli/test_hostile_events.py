"""Whatever an event says, no command lets it steer the terminal: any text in each field of what commands show."""

import io
from contextlib import redirect_stdout

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.cli import dead_letters, watch
from mesh.cli.screen import Paint, show_document, show_item
from mesh.cli.trace_tree import render
from mesh.control.shapes import (
    Attempt,
    Change,
    DeadLetter,
    DeadLetterDetail,
    Delivery,
    TracedEvent,
)  # fmt: skip

ANY = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\x1b\x9b\r\n\x00\x7f\u202e\u2028")))
PLAIN = Paint(on=False)
any_text = settings(max_examples=40)
ATTEMPTS = st.builds(Attempt, number=st.just(1), to=st.just("subscriber"), at=st.just("2026-08-01T12:00:01Z"),
                     seconds=st.just(0.1), status=st.just(503), error=ANY)  # fmt: skip
DELIVERIES = st.builds(Delivery, trigger=ANY, subscriber=ANY, reason=ANY, last_before_restart=ANY, dead_letter=ANY,
                       outcome=st.sampled_from(["kept", "sunk", "not_matched", "waiting"]),
                       attempts_before_restart=st.integers(0, 1), attempts=st.lists(ATTEMPTS, max_size=2))  # fmt: skip
EVENTS = st.builds(TracedEvent, id=ANY, source=ANY, type=ANY, broker=ANY, replay_of=ANY,
                   accepted_at=st.none(), deliveries=st.lists(DELIVERIES, max_size=1))  # fmt: skip
CHANGES = st.builds(Change, at=st.just("2026-08-01T12:00:01Z"), what=ANY, event_id=ANY, event_source=ANY,
                    event_type=ANY, trigger=ANY, detail=ANY, attempt=ATTEMPTS)  # fmt: skip
LETTERS = st.builds(DeadLetter, id=ANY, state=st.just("kept"), trigger=ANY, event_id=ANY, event_source=ANY,
                    event_type=ANY, destination=ANY, code=st.just(422), reason=ANY, attempts=st.just(1),
                    died_at=st.just("2026-08-01T12:00:01Z"))  # fmt: skip
DETAILS = st.builds(DeadLetterDetail, letter=LETTERS, attributes=st.dictionaries(ANY, ANY, max_size=2), data=ANY,
                    data_base64=st.none())  # fmt: skip


@any_text
@given(EVENTS)
def test_trace(event: TracedEvent) -> None:
    lines = render(event, PLAIN, verbose=True)
    assert [line for line in lines if not line.isprintable()] == []


@any_text
@given(CHANGES)
def test_watch(change: Change) -> None:
    assert watch.line(change).isprintable()


@any_text
@given(st.lists(LETTERS, max_size=2))
def test_dead_letters_list(letters: list[DeadLetter]) -> None:
    assert [line for line in dead_letters.rows(letters) if not line.isprintable()] == []


@any_text
@given(DETAILS)
def test_dead_letters_show(detail: DeadLetterDetail) -> None:
    assert [line for line in dead_letters.text(detail) if not line.isprintable()] == []


@any_text
@given(st.one_of(EVENTS, CHANGES, DETAILS))
def test_json(value: object) -> None:
    with redirect_stdout(io.StringIO()) as shown:
        show_document(value)
        show_item(value)
    assert {char for char in shown.getvalue() if not char.isprintable()} <= {"\n"}
