"""What is told of an event that history has dropped and the ledger still holds."""

import asyncio

from mesh.broker.history import History
from mesh.broker.trace import Tracer
from mesh.clock import rfc3339
from support.delivering import SUBSCRIBER, Running, answer, retrying, routed, trigger
from support.events import append, event

ROUTE = routed(trigger(), retrying())
OTHER = routed(trigger("notify"), retrying())


async def test_an_event_that_is_being_retried_shows_what_its_row_says(mesh: Running) -> None:
    mesh.client.answers[SUBSCRIBER] = [answer(503)]
    async with mesh.dispatching(ROUTE, OTHER):
        mesh.publish(event())
        await mesh.clock.advance(0)
        (traced,) = Tracer(History(mesh.clock), mesh.ledger, [ROUTE, OTHER]).trace("e-1", None).events
    (delivery,) = traced.deliveries  # the other trigger is done with it
    assert (delivery.trigger, delivery.outcome) == (ROUTE.key, "waiting")
    assert (delivery.attempts_before_restart, delivery.last_before_restart) == (1, "503: the subscriber failed")
    assert delivery.next_due == rfc3339(mesh.clock.now() + 10)


async def test_an_event_that_was_not_begun_is_pending(mesh: Running) -> None:
    mesh.client.always[SUBSCRIBER] = release = asyncio.Event()
    async with mesh.dispatching(ROUTE):
        await mesh.ledger.write(*(append(f"e-{number}") for number in range(150)))
        mesh.publish(event("last"))
        await mesh.clock.advance(0)
        (traced,) = Tracer(mesh.history, mesh.ledger, [ROUTE]).trace("last", None).events
        release.set()
    assert [delivery.outcome for delivery in traced.deliveries] == ["pending"]
