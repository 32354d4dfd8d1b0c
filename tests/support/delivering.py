"""A subscriber whose answers a test decides, and routes that lead to it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from mesh.broker.broker import Broker
from mesh.broker.broker_class import KAFKA, BrokerClass
from mesh.broker.carrier import Carrier
from mesh.broker.delivery import Address, Delivery
from mesh.broker.dispatcher import Dispatcher
from mesh.broker.faults import Faults
from mesh.broker.history import History
from mesh.broker.offsets import Offsets
from mesh.broker.route import Route, route
from mesh.event import Event, from_http
from mesh.event_lines import to_lines
from mesh.ledger.port import Ledger
from mesh.ledger.records import Subscribe, Subscription
from mesh.manifests.model import Broker as BrokerManifest
from mesh.manifests.model import DeliverySpec, Destination, Filter, Trigger
from mesh.manifests.problem import Origin
from mesh.wire import Request, Response, Then, pairs
from support.clock import FakeClock
from support.events import BROKER

SUBSCRIBER, SINK = "http://invoice", "http://sink"
BROKER_URL = "http://mesh/cabs/default"
Behaviour = Response | Exception | asyncio.Event


def answer(status: int, body: bytes = b"", **headers: str) -> Response:
    return Response(status, [(name.replace("_", "-"), value) for name, value in headers.items()], body)


def replying(event: Event) -> Response:
    return Response(200, pairs(to_lines(event)), event.data or b"")


class ScriptedClient:
    """Implements `mesh.wire.Client`: each base address answers what a test queued for it, then 204.

    An exception is raised, an asyncio.Event is waited for and then answered 204. Where it keeps connections, `begin`
    begins.
    """

    def __init__(self, clock: FakeClock, *, keeps_connections: bool = True) -> None:
        self.keeps_connections = keeps_connections
        self.answers: defaultdict[str, list[Behaviour]] = defaultdict(list)
        self.always: dict[str, Behaviour] = {}
        self.requests: list[tuple[str, Request]] = []
        self.times: list[float] = []
        self.hung_up: list[str] = []
        self._clock = clock

    def begin(self, base: str, request: Request, *, within: float, then: Then) -> Callable[[], object] | None:
        if not self.keeps_connections:
            return None

        async def sending() -> None:
            try:
                then(await self.send(base, request, within=within))
            except Exception as error:  # noqa: BLE001 - handed on
                then(error)

        return asyncio.ensure_future(sending()).cancel

    async def send(self, base: str, request: Request, *, within: float) -> Response:
        self.requests.append((base, request))
        self.times.append(self._clock.now())
        queued = self.answers[base]
        behaviour = queued.pop(0) if queued else self.always.get(base, answer(204))
        if isinstance(behaviour, Exception):
            raise behaviour
        if isinstance(behaviour, asyncio.Event):
            return await self._released(base, behaviour)
        return behaviour

    async def _released(self, base: str, released: asyncio.Event) -> Response:
        try:
            await released.wait()
        except asyncio.CancelledError:
            self.hung_up.append(base)
            raise
        return answer(204)

    def events(self, base: str) -> list[Event]:
        """What was sent to that address, as events less their place in the topic."""
        return [
            from_http([(name.encode(), value.encode()) for name, value in kept], request.body)
            for to, request in self.requests
            if to == base and (kept := [one for one in request.headers if not one[0].startswith("ce-knativekafka")])
        ]


def address(base: str) -> Address:
    return Address(f"{base}/", "/", base)


def trigger(name: str = "invoice", delivery: DeliverySpec | None = None, *filters: Filter) -> Trigger:
    return Trigger("cabs", name, "default", Destination(uri=f"http://{name}"), filters, delivery, Origin("t.yaml", 1))


def manifest(delivery: DeliverySpec | None = None, broker_class: BrokerClass = KAFKA) -> BrokerManifest:
    return BrokerManifest("cabs", "default", broker_class.name, delivery, Origin("b.yaml", 1))


def routed(one: Trigger, broker_delivery: DeliverySpec | None = None, broker_class: BrokerClass = KAFKA) -> Route:
    broker = manifest(broker_delivery, broker_class)
    return route(one, broker, broker_class, lambda destination: address(destination.uri or ""), BROKER_URL)


def retrying(retry: int = 2, sink: str | None = SINK) -> DeliverySpec:
    """Linear waits of 10, 20, … s."""
    return DeliverySpec(
        dead_letter_sink=None if sink is None else Destination(uri=sink),
        retry=retry,
        timeout=timedelta(seconds=30),
        backoff_policy="linear",
        backoff_delay=timedelta(seconds=10),
    )


@dataclass
class Running:
    """A broker whose dispatchers run in the test's task group."""

    ledger: Ledger
    clock: FakeClock = field(default_factory=FakeClock)
    broker_class: BrokerClass = KAFKA
    keeps_connections: bool = True

    def __post_init__(self) -> None:
        self.client = ScriptedClient(self.clock, keeps_connections=self.keeps_connections)
        self.faults = Faults()
        self.history = History(self.clock)
        self.broker = Broker(
            manifest(None, self.broker_class), self.broker_class, self.ledger, self.history, self.clock
        )
        self.delivery = Delivery(self.client, self.faults, self.clock)

    def publish(self, event: Event) -> "asyncio.Future[bool]":
        """The future has what the producer is told."""
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def then(answer: bool | Exception) -> None:
            if isinstance(answer, Exception):
                told.set_exception(answer)
            else:
                told.set_result(answer)

        self.broker.publish(event, then)
        return told

    @asynccontextmanager
    async def dispatching(self, *routes: Route) -> AsyncIterator[None]:
        """Run a dispatcher for each route; at the end, stop them and wait for them."""
        await self.ledger.write(*(Subscribe(one.key, BROKER) for one in routes))
        standing = {one.trigger: one for one in self.ledger.subscriptions()}
        self.broker.serve([self._dispatcher(one, standing[one.key]) for one in routes])
        async with asyncio.TaskGroup() as tasks:
            self.running = [tasks.create_task(dispatcher.run()) for dispatcher in self.broker.dispatchers]
            await self.clock.advance(0)
            yield
            for dispatcher in self.broker.dispatchers:
                dispatcher.stop()

    def _dispatcher(self, one: Route, standing: Subscription) -> Dispatcher:
        offsets = Offsets(standing.position)
        carrier = Carrier(one, offsets, self.delivery, self.ledger, self.history, self.clock, self.broker)
        return Dispatcher(one, standing, offsets, carrier, self.ledger, self.history, self.broker.feed)
