"""The checker goes red: each history breaks one rule, and the sentence says which."""

from dataclasses import replace

import pytest

from chaos.checker import violations
from chaos.history import COMMAND, MT, POISON, TICK, Arrival, Copy, Death, History, Holdings, Send, Subscriber

WITNESS = Subscriber("witness", None, retry=2)
ORDERED = Subscriber("ordered", frozenset({TICK}), retry=2, ordered=True)
COMPLETED = "cabs.rides.ride-completed"
SETTLED = Holdings(
    rides=["r-1"],
    fees=[("r-1", "20.00")],
    invoices=[("r-1", "2026-000001")],
    miles=[("r-1", 7)],
    balances={"p-1": 7},
    notifications=[("r-1", about) for about in ("fee", "invoice", "miles")],
    settled=["r-1"],
)


def sent(event: str, at: float = 1.0, status: int | None = 202, *, kind: str = TICK, whole: bool = True) -> Send:
    return Send(event, kind, "key", at, at + 0.1, status, whole)


def got(event: str, offset: int, at: float = 2.0, status: int | None = 204, *, by: str = "witness") -> Arrival:
    return Arrival(by, event, TICK, Copy(0, offset), at, status)


def history(
    *happened: Send | Arrival, deaths: tuple[Death, ...] = (), held: Holdings | None = None, ordered: bool = False
) -> History:
    sends = [one for one in happened if isinstance(one, Send)]
    arrivals = [one for one in happened if isinstance(one, Arrival)]
    return History([ORDERED if ordered else WITNESS], sends, arrivals, list(deaths), held or Holdings())


def of_mt(*happened: Send | Arrival, ordered: bool = False) -> History:
    return replace(history(*happened, ordered=ordered), broker_class=MT)


def a_ride(held: Holdings) -> History:
    fact = Arrival("witness", "f-1", COMPLETED, Copy(0, 1), 3.0, cause="r-1")
    command = replace(got("r-1", 0), type=COMMAND)
    return history(sent("r-1", kind=COMMAND), command, fact, held=held)


FINE = {
    "nothing": history(),
    "acknowledged and taken": history(sent("a"), got("a", 0)),
    "unknown and never seen": history(sent("a", status=None)),
    "unknown and stored": history(sent("a", status=None), got("a", 0)),
    "refused, then stored": history(sent("a", status=503), sent("a", 1.5), got("a", 0)),
    "stored twice, sent twice": history(sent("a", status=None), sent("a", 1.5), got("a", 0), got("a", 1)),
    "given to the dead letter sink": history(sent("a"), got("a", 0, status=500), replace(got("a", 0, 3.0), dead=True)),
    "the last retry": history(sent("a"), got("a", 0, 2.0, 500), got("a", 0, 3.0, 500), got("a", 0, 4.0)),
    "cut off by a death": history(
        sent("a"), *(got("a", 0, at, 500) for at in (2.0, 3.0, 4.0)), got("a", 0, 5.0), deaths=(Death(2.5, 2.6),)
    ),
    "cut off, and seen after the death": history(
        sent("a"), *(got("a", 0, at, 500) for at in (2.0, 3.0, 4.0)), got("a", 0, 5.0), deaths=(Death(1.9, 2.1),)
    ),
    "a repeat before the next": history(
        *(sent("a"), sent("b")),
        *(got("a", 0, 2.0, by="ordered"), got("a", 0, 3.0, by="ordered"), got("b", 1, 4.0, by="ordered")),
        ordered=True,
    ),
    "answered by class MT once it was taken": of_mt(sent("a", 1.0, status=500), sent("a", 2.0), got("a", 0, 2.1)),
    "out of order by class MT": of_mt(
        *(sent("a"), got("a", 0, 1.09, by="ordered"), sent("b"), got("b", 1, 1.05, by="ordered")), ordered=True
    ),
    "a ride": a_ride(SETTLED),
    "a ride that was not acknowledged": history(sent("r-1", status=None, kind=COMMAND), held=SETTLED),
    "two years": a_ride(replace(SETTLED, invoices=[("r-1", "2027-000001")])),
}

BROKEN = {
    "another answer": (history(sent("a", status=400)), "a was answered 400"),
    "class MT's answer": (history(sent("a", status=500)), "a was answered 500"),
    "class Kafka's answer": (of_mt(sent("a", status=503)), "a was answered 503"),
    "answered by class MT before it was taken": (
        of_mt(sent("a", 1.0), got("a", 0, 1.05, 503), got("a", 0, 2.0)),
        "a was acknowledged 1 times when witness had got it 0 times",
    ),
    "answered twice by class MT and taken once": (
        of_mt(sent("a", 1.0), got("a", 0, 1.05), sent("a", 1.5), got("a", 1, 2.0)),
        "a was acknowledged 2 times when witness had got it 1 times",
    ),
    "lost": (history(sent("a")), "a was acknowledged 1 times and witness got it 0 times"),
    "never taken": (history(sent("a"), got("a", 0, status=503)), "a was acknowledged 1 times and witness got it 0"),
    "one of two lost": (history(sent("a"), sent("a", 2.0), got("a", 0)), "acknowledged 2 times and witness got it 1"),
    "never sent": (history(got("a", 0)), "a is stored 1 times, and 0 times sent"),
    "sent in part": (history(sent("a", status=None, whole=False), got("a", 0)), "a is stored 1 times, and 0 times"),
    "stored twice": (history(sent("a"), got("a", 0), got("a", 1)), "a is stored 2 times, and 1 times sent"),
    "a reply without a cause": (
        history(replace(got("f-1", 0), cause="r-1")),
        "f-1 is stored 1 times, and 0 times caused",
    ),
    "a reply twice": (
        history(*(sent("a"), got("a", 0)), *(replace(got("f-1", offset), cause="a") for offset in (1, 2))),
        "f-1 is stored 2 times, and 1 times caused",
    ),
    "two replies": (
        history(*(sent("a"), got("a", 0)), *(replace(got(f"f-{place}", place), cause="a") for place in (1, 2))),
        "2 different chaos.tick follow from a",
    ),
    "one copy forgotten": (
        history(sent("a", status=None), sent("a", 1.5), got("a", 0), got("a", 1, status=None)),
        "witness never took a at [Copy(partition=0, offset=1)]",
    ),
    "out of order": (
        history(
            *(sent("a"), sent("b", 1.5)),
            *(got("a", 0, 2.0, 503, by="ordered"), got("b", 1, 3.0, by="ordered"), got("a", 0, 4.0, by="ordered")),
            ordered=True,
        ),
        "ordered got a at Copy(partition=0, offset=0) after b",
    ),
    "before the dead letter of the one before": (
        history(
            *(sent("a"), sent("b", 1.5)),
            *(got("b", 1, 3.0, by="ordered"), replace(got("a", 0, 4.0, by="ordered"), dead=True)),
            ordered=True,
        ),
        "ordered got a at Copy(partition=0, offset=0) after b",
    ),
    "stored in another order than acknowledged": (
        history(sent("a", 1.0), sent("b", 1.5), got("b", 0), got("a", 1)),
        "b was sent after a was acknowledged, and lies before it",
    ),
    "a retry too many": (
        history(sent("a"), *(got("a", 0, at, 500) for at in (2.0, 3.0, 4.0)), got("a", 0, 5.0)),
        "witness got a at Copy(partition=0, offset=0) 4 times: 2 retries, 0 cut off",
    ),
    "a death that was no excuse": (
        history(
            sent("a"),
            *(got("a", 0, at, 500) for at in (2.0, 3.0, 4.0)),
            got("a", 0, 5.0),
            deaths=(Death(1.8, 1.9), Death(5.1, 5.2)),
        ),
        "4 times: 2 retries, 0 cut off",
    ),
    "still outstanding": (history(held=Holdings(outstanding=2)), "2 deliveries are still outstanding"),
    "kept": (history(held=Holdings(kept=1)), "1 dead letters were kept, although there is a sink"),
    "not completed": (a_ride(Holdings()), "r-1 was never completed"),
    "given up": (history(held=Holdings(given_up={"e-1": "422 no number"})), "e-1 was given up: 422 no number"),
    "completed out of nothing": (history(held=SETTLED), "r-1 was completed out of nothing"),
    "without a fee": (a_ride(replace(SETTLED, fees=[])), "r-1 was never given a fee"),
    "with a wrong fee": (a_ride(replace(SETTLED, fees=[("r-1", "40.00")])), "r-1 was never given a fee"),
    "with two fees": (a_ride(replace(SETTLED, fees=[("r-1", "20.00")] * 2)), "r-1 was given a fee 2 times"),
    "without an invoice": (a_ride(replace(SETTLED, invoices=[])), "r-1 was never invoiced"),
    "a gap": (a_ride(replace(SETTLED, invoices=[("r-1", "2026-000002")])), "the invoice numbers of 2026 have a gap"),
    "a number twice": (
        a_ride(replace(SETTLED, invoices=[("r-1", "2026-000001")] * 2)),
        "the invoice numbers of 2026 have a gap or a double",
    ),
    "without miles": (a_ride(replace(SETTLED, miles=[], balances={})), "r-1 was never given miles"),
    "miles added twice": (a_ride(replace(SETTLED, balances={"p-1": 14})), "7 miles were awarded and 14 are on"),
    "a notification missing": (
        a_ride(replace(SETTLED, notifications=SETTLED.notifications[:2])),
        "r-1 was never notified of the miles",
    ),
    "an effect without a ride": (
        a_ride(replace(SETTLED, fees=[*SETTLED.fees, ("r-2", "20.00")])),
        "r-2 was given a fee out of nothing",
    ),
    "not settled": (a_ride(replace(SETTLED, settled=[])), "r-1 was never settled"),
}


@pytest.mark.parametrize("happened", FINE.values(), ids=FINE.keys())
def test_a_history_in_which_all_holds_is_left_in_peace(happened: History) -> None:
    assert violations(happened) == []


@pytest.mark.parametrize(("happened", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_a_history_that_breaks_a_rule_is_told_so(happened: History, sentence: str) -> None:
    assert any(sentence in found for found in violations(happened)), violations(happened)


def test_an_event_goes_only_to_those_who_want_its_type() -> None:
    assert violations(history(sent("a", kind=POISON), ordered=True)) == []
