"""A reply's attributes."""

from datetime import UTC, datetime
from itertools import product

from step.reply import Cause, Reply, derived_id, written
from support.contracts import Pong
from support.steps import event

AT = datetime(2026, 5, 1, 12, 0, 0, 250000, tzinfo=UTC)


def test_a_reply_has_the_attributes_that_follow_from_its_cause() -> None:
    cause = event("tests.ping", id="c-1", correlationid="r-1")
    reply = written(Reply(Pong(7), str(Cause.of(cause, AT))), "answer")
    assert reply.data == b'{"number":7}'
    assert reply.attributes == {
        "specversion": "1.0",
        "id": derived_id("//tests/answer", "//tests", "c-1"),
        "source": "//tests/answer",
        "type": "tests.pong",
        "subject": "game/7",
        "partitionkey": "7",
        "time": "2026-05-01T12:00:00.250000Z",
        "datacontenttype": "application/json",
        "causationid": "c-1",
        "correlationid": "r-1",
    }


def test_without_a_correlation_the_cause_begins_one() -> None:
    assert Cause.of(event("tests.ping", id="c-1"), AT).correlation == "c-1"


def test_a_cause_survives_its_text() -> None:
    cause = Cause.of(event("tests.ping", id='ż"', source="a b"), AT)
    assert Cause.read(str(cause)) == cause


def test_ids_are_derived_from_all_names_in_their_order() -> None:
    names = list(product(["", "a", "b", "ab"], repeat=2))
    assert len({derived_id(*pair) for pair in names}) == len(names)
    assert derived_id("a", "b") == derived_id("a", "b")
