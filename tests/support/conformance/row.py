"""One observable rule: what is set up, what is done and seen, and what each broker class makes of it."""

import operator
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.conformance.scene import Scene

KAFKA = "Kafka"
MT = "MTChannelBasedBroker"

RECEIVER = "receiver:"  # `receiver:NAME` in a manifest is the address of that place of the row at the receiver
INGRESS = "ingress:"  # `ingress:NS/NAME` is that broker's address


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trigger:
    """A Trigger of a row; it takes events of the row's own type, which is the row's key."""

    to: str = "receiver:subscriber"
    type: str = ""  # a suffix of the row's key
    delivery: Mapping[str, Any] | None = None
    filters: tuple[Mapping[str, Any], ...] = ()  # besides the type
    filter: Mapping[str, str] | None = None  # spec.filter.attributes, besides the type
    subscriber: Mapping[str, Any] | None = None  # instead of `to`
    annotations: Mapping[str, str] | None = None
    broker: str = ""  # which of the row's own


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Broker:
    """A Broker of a row's own: its name is `KEY-NAME`."""

    name: str = "own"
    delivery: Mapping[str, Any] | None = None
    partitions: int | None = None
    namespace: str = "conformance"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """`see` does what the rule is about and returns what was seen; that is compared with what the class shall do.

    `mesh_only` says why a real broker cannot be asked. A row that measures time comes before the crowd.
    """

    name: str
    source: str
    see: "Callable[[Scene], Awaitable[Any]]"
    expected: Mapping[str, Any]
    triggers: tuple[Trigger, ...] = ()
    brokers: tuple[Broker, ...] = ()
    holds: Callable[[Any, Any], bool] = operator.eq
    mesh_only: str = ""
    measures: bool = False

    @property
    def key(self) -> str:
        """The name as Kubernetes would have it: the row's event type, and the name of its objects."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def only_here(self) -> str:
        return self.mesh_only or ("it needs Brokers of its own" if self.brokers else "")

    def __str__(self) -> str:
        return self.name


def both(seen: Any) -> dict[str, Any]:
    return {KAFKA: seen, MT: seen}


def each(*, kafka: Any, mt: Any) -> dict[str, Any]:
    return {KAFKA: kafka, MT: mt}
