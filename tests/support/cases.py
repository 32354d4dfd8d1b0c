"""An event for a step, and what must come of it, in every layout and however the event comes to the step."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from step import Event, derived_id
from step.binding import read
from step.messages import Answer
from support.layouts import Served
from support.steps import post

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DONE, REJECTED = 200, 422


@dataclass(frozen=True)
class Case:
    """An event that is sent twice, and what comes of it; `before` is sent once, and earlier.

    `reply` is its type and its data, where a pattern stands for what differs from run to run; `effect` a query with
    the case's id as $1, and the rows that it answers.
    """

    id: str
    step: str
    sent: Event
    reply: tuple[str, Mapping[str, Any]] | None = None
    reason: str = ""
    effect: tuple[str, Sequence[tuple[object, ...]]] | None = None
    before: Event | None = None

    @property
    def status(self) -> int:
        return REJECTED if self.reason else DONE


@dataclass(frozen=True)
class Outcome:
    status: int | None
    reply: Event | None
    reason: str = ""

    @classmethod
    def of(cls, answer: Answer) -> "Outcome":
        """What a step's answer says; it never has a body that a broker could not read."""
        reply = read(answer.headers.items(), answer.body) if "ce-id" in answer.headers else None
        reason = answer.headers.get("kne-reason", "")
        assert reply or answer.body.decode() == reason, answer
        return cls(answer.status, reply, reason)


async def delivered_twice(step: Served, case: Case) -> list[Outcome]:
    """What the step answers to the case's event, after what comes before it."""
    if case.before:
        assert (await step.answer(post(case.before))).status == DONE
    return [Outcome.of(await step.answer(post(case.sent))) for _ in range(2)]


def check(case: Case, outcomes: Sequence[Outcome]) -> None:
    """Both deliveries had the same outcome, and it is the table's."""
    first, again = outcomes
    assert first == again, case.id
    assert (first.status, case.reason in first.reason, first.reply is not None) == (
        case.status,
        True,
        case.reply is not None,
    ), f"{case.id}: {first}"
    if first.reply and case.reply:
        _check_reply(case, first.reply, *case.reply)


def _check_reply(case: Case, reply: Event, type_: str, data: Mapping[str, Any]) -> None:
    source = f"//cabs/{case.step}"
    expected = {
        "specversion": "1.0",
        "id": derived_id(source, case.sent.source, case.sent.id),
        "source": source,
        "type": type_,
        "subject": f"ride/{case.id}",
        "partitionkey": case.id,
        "time": INSTANT,
        "datacontenttype": "application/json",
        "causationid": case.sent.id,
        "correlationid": case.sent.id,
    }
    assert fits(expected, reply.attributes), f"{case.id}: {reply.attributes}"
    assert fits(data, msgspec.json.decode(reply.data)), f"{case.id}: {reply.data!r}"


def fits(expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether they are the same, a pattern standing for every text that it matches."""
    return expected.keys() == found.keys() and all(_same(value, found[name]) for name, value in expected.items())


def _same(expected: object, found: object) -> bool:
    if isinstance(expected, re.Pattern):
        return isinstance(found, str) and bool(expected.fullmatch(found))
    return expected == found


async def check_effect(case: Case, database_url: str) -> None:
    """The database has what two deliveries of the event leave."""
    if case.effect is None:
        return
    query, rows = case.effect
    connection = await asyncpg.connect(database_url)
    try:
        assert [tuple(row) for row in await connection.fetch(query, case.id)] == list(rows), case.id
    finally:
        await connection.close()
