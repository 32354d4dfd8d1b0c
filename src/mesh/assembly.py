"""Builds brokers and their dispatchers from what the manifests say and from where the ledger stands."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from mesh.addresses import Resolver
from mesh.broker.broker import Broker
from mesh.broker.broker_class import CLASSES
from mesh.broker.carrier import Carrier
from mesh.broker.delivery import Delivery
from mesh.broker.dispatcher import Dispatcher
from mesh.broker.history import History
from mesh.broker.offsets import Offsets
from mesh.broker.route import Route, route
from mesh.clock import Clock
from mesh.ledger.port import Ledger
from mesh.ledger.records import Bury, Change, Failure, Letter, Stored, Subscribe, Subscription, Unsubscribe
from mesh.manifests.model import Project


@dataclass(frozen=True, slots=True)
class Parts:
    """What brokers and dispatchers work with."""

    ledger: Ledger
    delivery: Delivery
    history: History
    clock: Clock


def brokers(project: Project, parts: Parts) -> list[Broker]:
    """Make the project's brokers, without triggers: they store what is published."""
    return [
        Broker(broker, CLASSES[broker.broker_class], parts.ledger, parts.history, parts.clock)
        for broker in project.brokers
    ]


async def subscribe(project: Project, parts: Parts) -> None:
    """Bring the ledger's subscriptions in line with the triggers: new ones start at the newest event."""
    wanted = {trigger.key: trigger.broker_key for trigger in project.triggers}
    known = {subscription.trigger: subscription for subscription in parts.ledger.subscriptions()}
    gone = [subscription for key, subscription in known.items() if wanted.get(key) != subscription.broker]
    for subscription in gone:
        await parts.ledger.write(*_retired(subscription, parts))
    missing = [Subscribe(key, broker) for key, broker in wanted.items() if key not in known or known[key] in gone]
    await parts.ledger.write(*missing)


def dispatch(project: Project, built: Sequence[Broker], parts: Parts, resolver: Resolver) -> None:
    """Give each broker the dispatchers of its triggers."""
    subscriptions = {subscription.trigger: subscription for subscription in parts.ledger.subscriptions()}
    for broker in built:
        routes = _routes(project, broker, resolver)
        broker.dispatchers = [_dispatcher(one, broker, subscriptions[one.key], parts) for one in routes]


def _routes(project: Project, broker: Broker, resolver: Resolver) -> list[Route]:
    url = resolver.broker_url(broker.key)
    return [
        route(trigger, project.broker_of(trigger), broker.broker_class, resolver.address, url)
        for trigger in project.triggers
        if trigger.broker_key == broker.key
    ]


def _dispatcher(one: Route, broker: Broker, subscription: Subscription, parts: Parts) -> Dispatcher:
    offsets = Offsets(subscription.position)
    carrier = Carrier(one, offsets, parts.delivery, parts.ledger, parts.history, parts.clock, broker)
    return Dispatcher(one, subscription, offsets, carrier, parts.ledger, parts.history, broker)


def _retired(subscription: Subscription, parts: Parts) -> list[Change]:
    """What a trigger that is gone had outstanding is kept: nobody else will deliver it."""
    letters = [_letter(subscription, stored, parts) for stored, _ in parts.ledger.outstanding(subscription.trigger)]
    return [*map(Bury, letters), Unsubscribe(subscription.trigger)]


def _letter(subscription: Subscription, stored: Stored, parts: Parts) -> Letter:
    reason = f"trigger {subscription.trigger} was removed while this event was outstanding"
    progress = subscription.open.get(stored.seq)
    failure = Failure("", None, b"", {}, reason, 0 if progress is None else progress.attempts)
    now = parts.clock.now()
    return Letter(uuid.uuid4().hex[:12], "kept", subscription.trigger, stored.broker, now, stored.event, failure)
