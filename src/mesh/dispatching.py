"""The brokers and dispatchers that run, brought in line with the manifests at the start and whenever they are saved."""

import asyncio
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from mesh.addresses import Resolver
from mesh.broker import rules
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
from mesh.ledger.records import Bury, Failure, Letter, Stored, Subscribe, Subscription, Unsubscribe
from mesh.manifests.model import Project, Trigger

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What brokers and dispatchers work with."""

    ledger: Ledger
    delivery: Delivery
    history: History
    clock: Clock


class Dispatching:
    """`brokers` is by `namespace/name` and always today's; dispatchers run in the given task group."""

    def __init__(self, parts: Parts, tasks: asyncio.TaskGroup) -> None:
        self.brokers: dict[str, Broker] = {}
        self._parts = parts
        self._tasks = tasks
        self._running: dict[str, asyncio.Task[None]] = {}

    def open(self, project: Project) -> None:
        """Have the project's brokers and no other: they store what is published, and nobody delivers it yet."""
        for manifest in project.brokers:
            if manifest.key not in self.brokers:
                broker_class = CLASSES[manifest.broker_class]
                parts = self._parts
                self.brokers[manifest.key] = Broker(manifest, broker_class, parts.ledger, parts.history, parts.clock)
        for key in self.brokers.keys() - {manifest.key for manifest in project.brokers}:
            del self.brokers[key]

    async def subscribe(self, project: Project) -> None:
        """Have the project's triggers and no other in the ledger: from here on nothing that is accepted passes them by.

        A new one starts at the newest event; what one that is gone had outstanding is kept as dead letters.
        """
        wanted = {trigger.key: trigger.broker_key for trigger in project.triggers}
        for subscription in self._parts.ledger.subscriptions():
            if wanted.get(subscription.trigger) != subscription.broker:
                await self._end(subscription.trigger)
                await self._keep(subscription.trigger)
        subscribing = [
            Subscribe(trigger.key, trigger.broker_key, _rule(project, trigger)) for trigger in project.triggers
        ]
        for broker in self.brokers.values():
            broker.triggers = sum(trigger.broker_key == broker.key for trigger in project.triggers)
        await self._parts.ledger.write(*subscribing)

    async def dispatch(self, project: Project, resolver: Resolver) -> None:
        """Run a dispatcher for each trigger; for one that runs, a changed manifest holds from the next attempt on."""
        routes = list(self._routes(project, resolver))
        standing = {one.trigger: one for one in self._parts.ledger.subscriptions()}
        for broker in self.brokers.values():
            kept = {dispatcher.route.key: dispatcher for dispatcher in broker.dispatchers}
            wanted = [one for one in routes if one.trigger.broker_key == broker.key]
            broker.serve([self._dispatcher(one, broker, kept, standing) for one in wanted])

    async def stop(self, within: float) -> None:
        """Let the attempts under way end, for at most `within` seconds."""
        for dispatcher in self.dispatchers():
            dispatcher.stop()
        running = list(self._running.values())
        _, late = await asyncio.wait(running, timeout=within) if running else (set(), set())
        for task in late:
            logger.warning("%s did not end within %g s and is cut off", task.get_name(), within)
            task.cancel()

    def dispatchers(self) -> list[Dispatcher]:
        return [dispatcher for broker in self.brokers.values() for dispatcher in broker.dispatchers]

    def _routes(self, project: Project, resolver: Resolver) -> Iterator[Route]:
        for trigger in project.triggers:
            manifest = project.broker_of(trigger)
            url = resolver.broker_url(manifest.key)
            yield route(trigger, manifest, CLASSES[manifest.broker_class], resolver.address, url)

    def _dispatcher(
        self, one: Route, broker: Broker, kept: dict[str, Dispatcher], standing: dict[str, Subscription]
    ) -> Dispatcher:
        if one.key in kept:
            kept[one.key].reroute(one)
            return kept[one.key]
        parts, subscription = self._parts, standing[one.key]
        offsets = Offsets(subscription.position)
        carrier = Carrier(one, offsets, parts.delivery, parts.ledger, parts.history, parts.clock, broker)
        dispatcher = Dispatcher(one, subscription, offsets, carrier, parts.ledger, parts.history, broker.feed)
        self._running[one.key] = self._tasks.create_task(dispatcher.run(), name=f"dispatch {one.key}")
        return dispatcher

    async def _end(self, trigger: str) -> None:
        running = self._running.pop(trigger, None)
        if running is not None:
            running.cancel()
            await asyncio.wait([running])
        await self._parts.ledger.write()  # what the cut-off attempts had written is in the ledger after this

    async def _keep(self, trigger: str) -> None:
        """Keep what the trigger has outstanding, and tell a producer that waits for it."""
        ledger = self._parts.ledger
        subscription = next(one for one in ledger.subscriptions() if one.trigger == trigger)
        wanted = rules.wanted(subscription.rule)
        outstanding = [(stored, has_row or wanted(stored)) for stored, has_row in ledger.outstanding(trigger)]
        letters = [Bury(self._letter(subscription, stored)) for stored, kept in outstanding if kept]
        await ledger.write(*letters, Unsubscribe(trigger))
        if subscription.broker in self.brokers:
            for stored, kept in outstanding:
                self.brokers[subscription.broker].settled(stored, ok=not kept)

    def _letter(self, subscription: Subscription, stored: Stored) -> Letter:
        reason = f"trigger {subscription.trigger} was removed while this event was outstanding"
        attempts = subscription.open[stored.seq].attempts if stored.seq in subscription.open else 0
        failure = Failure("", None, b"", {}, reason, attempts)
        now = self._parts.clock.now()
        return Letter(uuid.uuid4().hex[:12], "kept", subscription.trigger, stored.broker, now, stored.event, failure)


def _rule(project: Project, trigger: Trigger) -> bytes:
    return rules.written(trigger, project.broker_of(trigger).broker_class)
