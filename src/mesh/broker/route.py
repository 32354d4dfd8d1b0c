"""A trigger as the dispatcher uses it: filters compiled, settings inherited, addresses resolved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mesh.broker.broker_class import BrokerClass, Inherited
from mesh.broker.delivery import Address
from mesh.broker.filters import compile_filters
from mesh.broker.retry import Policy
from mesh.ledger.records import Stored
from mesh.manifests.model import Broker, Destination, Trigger


@dataclass(frozen=True, slots=True)
class Route:
    """`why_not` answers None for an event that the trigger wants, else a sentence."""

    trigger: Trigger
    broker_class: BrokerClass
    inherited: Inherited
    policy: Policy
    subscriber: Address
    sink: Address | None
    why_not: Callable[[Mapping[str, str]], str | None]

    @property
    def key(self) -> str:
        return self.trigger.key

    def wants(self, stored: Stored) -> bool:
        """Whether a stored event is for this trigger: its filters pass, or it is a replay meant for it."""
        if stored.target is not None:
            return stored.target == self.key
        return stored.broker == self.trigger.broker_key and self.why_not(stored.event.attributes) is None


def route(
    trigger: Trigger, broker: Broker, broker_class: BrokerClass, resolve: Callable[[Destination], Address]
) -> Route:
    """Put together what the manifests say of one trigger."""
    inherited = broker_class.inherit(broker, trigger)
    sink = inherited.spec.dead_letter_sink
    return Route(
        trigger=trigger,
        broker_class=broker_class,
        inherited=inherited,
        policy=broker_class.policy(inherited.spec),
        subscriber=resolve(trigger.subscriber),
        sink=None if sink is None else resolve(sink),
        why_not=compile_filters(trigger.filters),
    )
