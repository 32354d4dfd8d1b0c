"""When class MT's producer is answered: after every trigger, and after those of the replies."""

from mesh.broker.settlement import Settlements
from mesh.ledger.records import Append, Stored
from support.events import event

MINUTE = 60.0


def new(number: int) -> Append:
    return Append("cabs/default", event(), float(number))


def read(append: Append) -> Stored:
    return Stored(7, append.broker, append.accepted_at, append.event)


async def test_an_event_is_settled_when_every_trigger_is_through_with_it() -> None:
    settlements, one = Settlements(), new(1)
    settled = settlements.wait(one, 2, MINUTE)

    settlements.report(read(one), ok=True)
    assert not settled.done()
    settlements.report(read(one), ok=True)
    assert settled.result()


async def test_one_trigger_that_kept_it_is_enough_for_failure() -> None:
    settlements, one = Settlements(), new(1)
    settled = settlements.wait(one, 2, MINUTE)

    settlements.report(read(one), ok=False)
    settlements.report(read(one), ok=True)
    assert not settled.result()


async def test_a_reply_is_waited_for_however_it_fares() -> None:
    settlements, cause, reply = Settlements(), new(1), new(2)
    settled = settlements.wait(cause, 1, MINUTE)

    settlements.add(reply, read(cause), 1)
    settlements.report(read(cause), ok=True)
    assert not settled.done()
    settlements.report(read(reply), ok=False)
    assert settled.result()


async def test_where_there_are_no_triggers_nobody_waits() -> None:
    settlements, cause = Settlements(), new(1)

    assert settlements.wait(new(3), 0, MINUTE).result()
    settled = settlements.wait(cause, 1, MINUTE)
    settlements.add(new(2), read(cause), 0)
    settlements.report(read(cause), ok=True)
    assert settled.result()


async def test_what_nobody_waits_for_is_ignored() -> None:
    settlements, cause, reply = Settlements(), new(1), new(2)

    settlements.add(reply, read(cause), 1)
    settlements.report(read(reply), ok=True)
    settlements.report(read(cause), ok=True)


async def test_who_has_waited_too_long_is_told_of_failure() -> None:
    assert not await Settlements().wait(new(1), 1, within=0.0)
