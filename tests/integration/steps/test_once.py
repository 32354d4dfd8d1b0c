"""An event takes effect once: the neutral core against a real Postgres."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import pytest

from step import Connection, Context, Event, Reject, Reply
from step.messages import Answer, done
from step.served import Step
from support.contracts import Ping, Pong
from support.steps import ROOT, event, get, post

Serve = Callable[..., Step]
COUNT = "SELECT count(*) FROM tests.effects"
INBOX = (ROOT / "src/step/inbox.sql").read_text().replace("{schema}", "tests")


@pytest.fixture(autouse=True)
async def tables(database: Connection) -> None:
    await database.execute(f"{INBOX}; CREATE TABLE tests.effects (number int)")


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "K_SERVICE": "tests"}


async def count(ping: Ping, context: Context) -> Pong:
    """The number of effects so far; each kind of failure comes after the effect."""
    await context.database.execute("INSERT INTO tests.effects VALUES ($1)", ping.number)
    if ping.number == 13:
        raise Reject("13 is no number: żółw")
    if ping.number == 0:
        raise ZeroDivisionError("a bug")
    if ping.number < 0:
        raise ConnectionRefusedError("a dependency is away")
    return Pong(await context.database.fetchval(COUNT))


async def answer(main: Step, number: int = 1, **attributes: str) -> Answer:
    return await main.answer(post(event("tests.ping", {"number": number}, **attributes)))


async def test_ten_deliveries_at_once_are_one_effect_and_ten_same_replies(
    served: Serve, settings: dict[str, str], database: Connection
) -> None:
    main = served(count, environ=settings)
    answers = await asyncio.gather(*(answer(main) for _ in range(10)))
    assert (answers[0].status, answers[0].body) == (200, b'{"number":1}')
    assert all(other == answers[0] for other in answers)
    assert await database.fetchval(COUNT) == 1


async def test_another_replica_answers_a_redelivery_with_the_stored_reply(
    served: Serve, settings: dict[str, str], database: Connection
) -> None:
    first = await answer(served(count, environ=settings))
    again = await answer(served(count, environ=settings))
    assert again == first
    assert await database.fetchval(COUNT) == 1


async def test_an_event_is_known_by_source_and_id(served: Serve, settings: dict[str, str]) -> None:
    main = served(count, environ=settings)
    answers = [await answer(main, id=id_, source=source) for id_ in "ab" for source in ("//x", "//y")]
    assert [reply.body for reply in answers] == [b'{"number":%d}' % n for n in (1, 2, 3, 4)]
    assert len({reply.headers["ce-id"] for reply in answers}) == 4


@pytest.mark.parametrize(
    ("number", "status", "reason"),
    [
        (13, 422, "13 is no number: %C5%BC%C3%B3%C5%82w"),
        (0, 500, "ZeroDivisionError: a bug"),
        (-1, 503, "a dependency is away"),
    ],
)
async def test_what_is_not_done_leaves_nothing_behind(
    number: int, status: int, reason: str, served: Serve, settings: dict[str, str], database: Connection
) -> None:
    main = served(count, environ=settings)
    refused = await answer(main, number)
    assert (refused.status, refused.headers["kne-reason"]) == (status, reason)
    assert await database.fetchval(COUNT) == 0
    assert (await answer(main, 1)).body == b'{"number":1}'  # the same id, with data that can be done


@pytest.mark.parametrize(
    ("poison", "said"),
    [
        (event("tests.ping", {"number": "far"}), b"bad data of tests.ping"),
        (event("other"), b"events of type other are not for this step"),
    ],
)
async def test_once_a_poison_is_replayed_corrected_its_original_answers_with_the_stored_reply(
    poison: Event, said: bytes, served: Serve, settings: dict[str, str], database: Connection
) -> None:
    main = served(count, environ=settings)
    refused = await main.answer(post(poison))
    assert (refused.status, said in refused.body) == (422, True)
    corrected = await answer(main)
    assert (corrected.status, await main.answer(post(poison))) == (200, corrected)
    assert await database.fetchval(COUNT) == 1


async def test_each_outcome_is_one_line_with_the_events_id(
    served: Serve, settings: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "step")
    main = served(count, environ=settings)
    for number in (1, 13, 0, -1):
        await answer(main, number, id=f"e{number}")
    lines = [record.getMessage().split(" source=")[0] for record in caplog.records]
    assert lines == [
        "tests: done tests.ping id=e1",
        "tests: rejected tests.ping id=e13",
        "tests: failed on tests.ping id=e0",
        "tests: unavailable for tests.ping id=e-1",
    ]
    assert [record.levelname for record in caplog.records if record.exc_info] == ["ERROR"]


async def test_a_step_without_a_reply_answers_with_an_empty_body_each_time(
    served: Serve, settings: dict[str, str]
) -> None:
    async def silent(_ping: Ping, _context: Context) -> None: ...

    main = served(silent, environ=settings)
    assert [await answer(main) for _ in range(2)] == [done(), done()]


async def test_a_reply_to_an_earlier_cause_is_the_earlier_reply(served: Serve, settings: dict[str, str]) -> None:
    causes = []

    async def repeat(_ping: Ping, context: Context) -> Reply[Pong]:
        causes.append(context.cause)
        return Reply(Pong(1), to=causes[0])

    main = served(repeat, environ=settings)
    assert await answer(main, id="first") == await answer(main, id="second")


async def test_events_that_are_not_taken_once_take_effect_each_time(
    served: Serve, settings: dict[str, str], database: Connection
) -> None:
    async def whatever(event: Event, context: Context) -> None:
        await context.database.execute("INSERT INTO tests.effects VALUES ($1)", len(event.data))

    main = served(whatever, once=lambda event: event.type != "tests.any", environ=settings)
    for type_ in ("tests.any", "tests.any", "tests.one", "tests.one"):
        sent = await main.answer(post(event(type_, b"{bad", id=type_)))
        assert sent.status == 200
    assert await database.fetchval(COUNT) == 3


async def test_old_rows_are_purged_a_few_hundred_at_a_time_by_each_hundredth_event(
    served: Serve, settings: dict[str, str], database: Connection
) -> None:
    old = "INSERT INTO tests.inbox SELECT '//old', n::text, now() - interval '8 days' FROM generate_series(1, 450) n"
    await database.execute(old)
    main = served(count, environ=settings | {"INBOX_RETENTION": "P7D"})
    left = []
    for number in range(101):
        await answer(main, id=f"e-{number}")
        left.append(await database.fetchval("SELECT count(*) FROM tests.inbox WHERE source = '//old'"))
    assert left == [250] * 100 + [50]


async def test_an_old_event_that_is_not_purged_yet_is_still_known(
    served: Serve, settings: dict[str, str], database: Connection
) -> None:
    main = served(count, environ=settings)
    first = await answer(main)
    await database.execute("UPDATE tests.inbox SET received_at = now() - interval '8 days'")
    assert await answer(main) == first


async def test_a_key_that_the_inbox_cannot_hold_is_rejected(served: Serve, settings: dict[str, str]) -> None:
    refused = await answer(served(count, environ=settings), id="x" * 1001)
    assert (refused.status, refused.body) == (422, b"source and id are limited to 1000 bytes each")


async def test_tables_that_are_missing_are_named_with_the_remedy(served: Serve, settings: dict[str, str]) -> None:
    refused = await answer(served(count, environ=settings | {"K_SERVICE": "nowhere"}))
    assert (refused.status, b"apply the step's schema.sql first (make migrate)" in refused.body) == (503, True)


async def test_a_statement_has_a_deadline(served: Serve, settings: dict[str, str]) -> None:
    async def slow(_ping: Ping, context: Context) -> None:
        await context.database.execute("SELECT pg_sleep(30)")

    main = served(slow, environ=settings | {"DATABASE_TIMEOUT": "PT0.1S"})
    assert (await answer(main)).status == 503


async def test_a_replica_holds_no_more_connections_than_its_pool(
    served: Serve, settings: dict[str, str], database: Connection
) -> None:
    main = served(count, environ=settings | {"DATABASE_POOL": "2"})
    await asyncio.gather(*(answer(main, id=str(n)) for n in range(12)))
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert await database.fetchval(others) == 2


async def test_a_query_answers_with_json(served: Serve, settings: dict[str, str], database: Connection) -> None:
    await database.execute("INSERT INTO tests.effects VALUES (1), (2)")

    async def effects(asked: Mapping[str, str], database: Connection) -> object:
        if "number" not in asked:
            raise Reject("say which number")
        return await database.fetchrow("SELECT number FROM tests.effects WHERE number = $1", int(asked["number"]))

    async def shown(asked: Mapping[str, str], database: Connection) -> object:
        row = await effects(asked, database)
        return dict(row) if row else None  # type: ignore[call-overload]

    main = served(count, query=shown, environ=settings)
    asked = [get(number="2"), get(number="3"), get(), get(number="far"), get(number="\x00")]
    answers = [await main.answer(request) for request in asked]
    assert [(found.status, found.body) for found in answers] == [
        (200, b'{"number":2}'),
        (404, b'{"error":"nothing is known of number=3"}'),
        (400, b'{"error":"say which number"}'),
        (500, b'{"error":"ValueError: invalid literal for int() with base 10: \'far\'"}'),
        (400, b'{"error":"a query cannot hold the character NUL"}'),
    ]
    assert {found.headers["content-type"] for found in answers} == {"application/json"}


async def test_a_query_cannot_change_anything(served: Serve, settings: dict[str, str], database: Connection) -> None:
    async def changing(_asked: Mapping[str, str], database: Connection) -> object:
        return await database.execute("INSERT INTO tests.effects VALUES (1)")

    main = served(count, query=changing, environ=settings)
    assert (await main.answer(get())).status == 500
    assert await database.fetchval(COUNT) == 0
