"""What happened in a run, as values: what producers sent, what subscribers got, who died when, what is stored."""

from dataclasses import dataclass, field
from typing import NamedTuple

COMMAND, TICK, POISON = "cabs.rides.complete-ride", "chaos.tick", "chaos.poison"


class Death(NamedTuple):
    """Of the mesh: what it had sent before may arrive until its successor begins."""

    killed: float  # seconds of one clock, as all times here
    replaced: float


class Copy(NamedTuple):
    """One stored event, by its place in the topic: an event that is sent twice is stored twice.

    Class MT has no topic; there the offset is the microsecond at which it came.
    """

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class BrokerClass:
    """In what a broker's class makes a difference to what must hold (docs/broker-classes.md)."""

    name: str
    refusal: int  # what a producer is answered whose event is not stored
    keeps_order: bool
    awaits_triggers: bool


KAFKA = BrokerClass("Kafka", 503, keeps_order=True, awaits_triggers=False)
MT = BrokerClass("MTChannelBasedBroker", 500, keeps_order=False, awaits_triggers=True)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What a trigger of the run asks for. `types` is None for all."""

    trigger: str
    types: frozenset[str] | None
    retry: int
    ordered: bool = False

    def wants(self, event_type: str) -> bool:
        return self.types is None or event_type in self.types


@dataclass(frozen=True, slots=True)
class Send:
    """One request. `status` is None without an answer; what was not sent `whole` must not be stored."""

    event: str
    type: str
    key: str
    began: float
    ended: float
    status: int | None = 202
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request to a subscriber and its answer; `status` is None where it broke the connection off.

    At the dead letter sink `trigger` is the one that gave the event up, and `dead` is true.
    """

    trigger: str
    event: str
    type: str
    copy: Copy
    at: float
    status: int | None = 204
    cause: str | None = None
    dead: bool = False

    @property
    def taken(self) -> bool:
        return self.status is not None and self.status < 300


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the databases hold when nothing is on its way any more; rides by their id."""

    rides: list[str] = field(default_factory=list)
    fees: list[tuple[str, str]] = field(default_factory=list)  # ride, fee
    invoices: list[tuple[str, str]] = field(default_factory=list)  # ride, number
    miles: list[tuple[str, int]] = field(default_factory=list)
    balances: dict[str, int] = field(default_factory=dict)  # by passenger
    notifications: list[tuple[str, str]] = field(default_factory=list)  # ride, about
    settled: list[str] = field(default_factory=list)
    given_up: dict[str, str] = field(default_factory=dict)  # why a step did, by event: none has reason to
    outstanding: int = 0  # deliveries that the ledger is not done with
    kept: int = 0  # dead letters that no sink took


@dataclass(frozen=True, slots=True)
class History:
    subscribers: list[Subscriber]
    sends: list[Send]
    arrivals: list[Arrival]
    deaths: list[Death]
    holdings: Holdings
    broker_class: BrokerClass = KAFKA
