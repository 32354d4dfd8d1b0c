"""How a traced event reads."""

from typing import Any

import pytest

from mesh.cli.screen import Paint
from mesh.cli.trace_tree import render
from mesh.control.shapes import Attempt, Delivery, TracedEvent

PLAIN = Paint(on=False)


def event(event_id: str, event_type: str, source: str, *deliveries: Delivery, **more: Any) -> TracedEvent:
    return TracedEvent(
        id=event_id,
        source=source,
        type=event_type,
        broker="cabs/default",
        accepted_at="2026-08-01T12:00:01.123Z",
        deliveries=list(deliveries),
        **more,
    )


def delivery(trigger: str, outcome: Any, *attempts: Attempt, **more: Any) -> Delivery:
    return Delivery(
        trigger=f"cabs/{trigger}", subscriber="http://127.0.0.1:7/", outcome=outcome, attempts=list(attempts), **more
    )


def attempt(number: int, status: int | None, seconds: float = 0.002, **more: Any) -> Attempt:
    to = more.pop("to", "subscriber")
    return Attempt(number=number, to=to, at="2026-08-01T12:00:01.130Z", seconds=seconds, status=status, **more)


def not_matched(trigger: str) -> Delivery:
    return delivery(trigger, "not_matched", reason="type is cabs.x, not cabs.y")


def tree(root: TracedEvent, *, verbose: bool = False) -> str:
    return "\n".join(render(root, PLAIN, verbose=verbose))


def ride() -> TracedEvent:
    invoice = delivery(
        "invoice",
        "waiting",
        attempt(1, 503, fault=True, retry_in=0.4, next_due="2026-08-01T12:00:01.523Z"),
        attempt(2, 503, fault=True, retry_in=0.8, next_due="2026-08-01T12:00:02.323Z"),
        attempt(3, None, 30, error="timed out", retry_in=1.6, next_due="2026-08-01T12:00:33.923Z"),
    )
    completed = event(
        "6b1f", "cabs.rides.ride-completed", "//cabs/ride-completed", invoice, not_matched("notify"), not_matched("fee")
    )
    return event(
        "ride-4711",
        "cabs.rides.complete-ride",
        "/app",
        delivery("ride-completed", "delivered", attempt(1, 200, 0.035), reply=completed),
        not_matched("invoice"),
    )


def test_a_ride_reads_from_the_event_to_the_next_due_time() -> None:
    assert (
        tree(ride())
        == """\
cabs.rides.complete-ride  ride-4711  from /app  accepted 2026-08-01T12:00:01.123Z
├─ ride-completed  delivered  1 attempt, 35 ms
│  └─ cabs.rides.ride-completed  6b1f  from //cabs/ride-completed  accepted 12:00:01.123
│     ├─ invoice  waiting  3 attempts, next 12:00:33.923
│     │  ├─ 1  503 (fault)  2 ms, then waited 0.4 s
│     │  ├─ 2  503 (fault)  2 ms, then waited 0.8 s
│     │  └─ 3  timed out  30 s, waits 1.6 s
│     └─ not matched (-v shows why): notify, fee
└─ invoice  not matched: type is cabs.x, not cabs.y"""
    )


def test_verbose_says_why_for_replies_too() -> None:
    assert "│     ├─ notify  not matched: type is cabs.x, not cabs.y" in tree(ride(), verbose=True).splitlines()


def test_a_dead_letter_shows_every_attempt_and_where_it_went() -> None:
    dead = delivery(
        "invoice",
        "sunk",
        attempt(1, 422, error="distance_km: not a number"),
        attempt(1, 202, to="dead_letter_sink"),
        reason="422 is not retried",
        dead_letter="dl-1",
    )

    assert (
        tree(event("e", "t", "/s", dead))
        == """\
t  e  from /s  accepted 2026-08-01T12:00:01.123Z
└─ invoice  sunk  1 attempt  dead letter dl-1  422 is not retried
   ├─ 1  422 distance_km: not a number  2 ms
   └─ dead letter sink  202  2 ms"""
    )


def test_attempts_before_a_restart_are_a_count_and_the_last_outcome() -> None:
    waiting = delivery(
        "invoice",
        "waiting",
        next_due="2026-08-01T12:00:04.523Z",
        attempts_before_restart=3,
        last_before_restart="503 Service Unavailable",
    )

    assert tree(event("e", "t", "/s", waiting)).splitlines()[1:3] == [
        "└─ invoice  waiting  3 attempts, next 12:00:04.523",
        "   └─ 3 attempts before the mesh restarted, the last: 503 Service Unavailable",
    ]


def test_the_reply_of_a_dead_letter_sink_is_followed() -> None:
    dead = delivery("invoice", "sunk", attempt(1, 422), sink_reply=event("r", "noted", "//cabs/dead-letter"))

    assert tree(event("e", "t", "/s", dead)).endswith(
        "\n   └─ noted  r  from //cabs/dead-letter  accepted 12:00:01.123"
    )


def test_a_replay_names_its_dead_letter() -> None:
    assert tree(event("e", "t", "/s", replay_of="dl-1")).endswith("  replay of dl-1")


def test_nothing_in_an_event_steers_the_terminal() -> None:
    evil = "x\x1b[2J\n\u202e"
    dead = delivery(evil, "sunk", attempt(1, 422, error=evil), reason=evil, dead_letter=evil, last_before_restart=evil)

    shown = tree(event(evil, evil, evil, dead, not_matched(evil)))

    assert all(line.isprintable() for line in shown.split("\n"))
    assert len(shown.split("\n")) == 4


@pytest.mark.parametrize("outcome", ["pending", "in_flight", "delivered", "kept", "replayed", "discarded"])
def test_every_outcome_has_a_colour_on_a_terminal(outcome: str) -> None:
    lines = render(event("e", "t", "/s", delivery("invoice", outcome)), Paint(on=True))

    assert f"m{outcome}\x1b[0m" in lines[1]
