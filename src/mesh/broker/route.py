"""A trigger as the dispatcher uses it: filters compiled, settings inherited, addresses resolved."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from mesh.broker.broker_class import BrokerClass
from mesh.broker.delivery import Address
from mesh.broker.filter_types import Types, type_decides, types_of
from mesh.broker.inherited import Inherited
from mesh.broker.retry import Policy
from mesh.ledger.records import Stored
from mesh.manifests.model import Broker, Destination, Trigger


@dataclass(frozen=True)
class Route:
    """`why_not` answers None for an event that passes the filters, else a sentence; `types` alone can pass them.

    `type_decides` says that all events of these types do.
    """

    trigger: Trigger
    broker_class: BrokerClass
    inherited: Inherited
    policy: Policy
    subscriber: Address
    sink: Address | None
    broker_url: str
    why_not: Callable[[Stored], str | None]
    types: Types
    type_decides: bool

    @cached_property
    def key(self) -> str:
        return self.trigger.key

    @cached_property
    def _broker(self) -> str:
        return self.trigger.broker_key

    @cached_property
    def in_order(self) -> bool:
        """Whether each partition has at most one event under way."""
        return self.trigger.ordered and self.broker_class.keeps_order

    def wants(self, stored: Stored) -> bool:
        """Whether a stored event is for this trigger: its filters pass, or it is a replay meant for it."""
        if stored.target is not None:
            return stored.target == self.key
        if stored.broker != self._broker:
            return False
        if self.type_decides:
            return self.types is None or stored.event.type in self.types
        return self.why_not(stored) is None


def route(
    trigger: Trigger, broker: Broker, broker_class: BrokerClass, resolve: Callable[[Destination], Address], url: str
) -> Route:
    """Put together what the manifests say of one trigger; `url` is its broker's."""
    inherited = broker_class.inherit(broker, trigger)
    sink = inherited.spec.dead_letter_sink
    passes = broker_class.compile_filters(trigger.filters)
    return Route(
        trigger=trigger,
        broker_class=broker_class,
        inherited=inherited,
        policy=broker_class.policy(inherited.spec),
        subscriber=resolve(trigger.subscriber),
        sink=None if sink is None else resolve(sink),
        broker_url=url,
        why_not=lambda stored: passes(broker_class.received(stored).attributes),
        types=types_of(trigger.filters),
        type_decides=type_decides(trigger.filters),
    )
