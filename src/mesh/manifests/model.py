"""What the manifests say, as values: no file, no YAML, no network.

Fields and defaults follow Knative's v1 types (knative/eventing pkg/apis/{eventing,sources,duck}/v1). Where a thing was
written is kept beside it and is no part of it: two objects are equal when they say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from mesh.manifests.problem import Origin, Problem
from mesh.manifests.revision import Probes, Scale

KAFKA = "Kafka"
MT = "MTChannelBasedBroker"


@dataclass(frozen=True, slots=True)
class Reference:
    """An object reference; `namespace` is the parent's when the manifest left it out."""

    api_version: str
    kind: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A Knative Destination: a reference, a URI, or a reference with a relative URI."""

    ref: Reference | None = None
    uri: str | None = None
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DeliverySpec:
    """`spec.delivery` as written: None is 'not set', which inheritance and defaults treat differently from a value."""

    dead_letter_sink: Destination | None = None
    retry: int | None = None
    timeout: timedelta | None = None
    backoff_policy: Literal["linear", "exponential"] | None = None
    backoff_delay: timedelta | None = None
    format: Literal["json", "binary"] | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)  # by the field's name in the manifest


@dataclass(frozen=True, slots=True)
class Exact:
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prefix:
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Suffix:
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class All:
    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Any:
    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    filter: "Filter"


@dataclass(frozen=True, slots=True)
class Cesql:
    """A CESQL expression, known to compile; what it means when it yields no boolean, the broker class says."""

    expression: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty entry, `{}`: accepted by the webhook, and says nothing."""


@dataclass(frozen=True, slots=True)
class Legacy:
    """`spec.filter.attributes`; an empty value has a meaning of its own in each broker class."""

    attributes: Mapping[str, str]


Filter = Exact | Prefix | Suffix | All | Any | Not | Cesql | Nothing | Legacy


@dataclass(frozen=True, slots=True)
class Broker:
    namespace: str
    name: str
    broker_class: str
    delivery: DeliverySpec | None
    origin: Origin = field(compare=False)
    config: Reference | None = None
    partitions: int = 10  # what the shipped Kafka ConfigMap says

    @property
    def key(self) -> str:
        """`namespace/name`, which is also the ingress path without its slash."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Trigger:
    """`filters` is the conjunction of the list's entries, or the one `Legacy` filter; empty passes everything."""

    namespace: str
    name: str
    broker: str
    subscriber: Destination
    filters: tuple[Filter, ...]
    delivery: DeliverySpec | None
    origin: Origin = field(compare=False)
    ordered: bool = False
    broker_origin: Origin | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def broker_key(self) -> str:
        return f"{self.namespace}/{self.broker}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of a label selector's `matchExpressions`."""

    key: str
    operator: str  # In, NotIn, Exists or DoesNotExist
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinkBinding:
    """Injects K_SINK and K_CE_OVERRIDES into the functions that `subject` names, by name or by labels."""

    namespace: str
    name: str
    sink: Destination
    subject: Reference
    selector: Mapping[str, str]
    extensions: Mapping[str, str]
    origin: Origin = field(compare=False)
    expressions: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class PingSource:
    """Sends an event whenever its cron `schedule` says, which is in the mesh's time zone when `timezone` is empty."""

    namespace: str
    name: str
    schedule: str
    timezone: str
    content_type: str
    data: bytes
    sink: Destination
    extensions: Mapping[str, str]
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event that a cluster's registry lists; type and source may be templates with `{name}` in them."""

    namespace: str
    name: str
    type: str
    source: str
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Env:
    """One entry of func.yaml's `run.envs`, its value as written (perhaps `{{ secret:name:key }}`).

    Without a name it stands for every key of a secret or config map (`{{ secret:name }}`).
    """

    name: str
    value: str
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Function:
    """A directory with a func.yaml."""

    namespace: str
    name: str
    directory: str  # absolute
    invoke: Literal["http", "cloudevent"]
    envs: tuple[Env, ...]
    scale: Scale
    labels: Mapping[str, str]
    origin: Origin = field(compare=False)
    probes: Probes = field(default_factory=Probes)
    memory_bytes: int | None = None  # the limit of a replica

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that was read from one directory; valid as a whole when `problems` is empty."""

    root: str
    brokers: tuple[Broker, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    sink_bindings: tuple[SinkBinding, ...] = ()
    event_types: tuple[EventType, ...] = ()
    ping_sources: tuple[PingSource, ...] = ()
    functions: tuple[Function, ...] = ()
    cluster_only: tuple[str, ...] = ()  # 'broker/100-kafka.yaml:1: Kafka kafka/cabs'
    warnings: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    def broker_of(self, trigger: Trigger) -> Broker:
        return next(broker for broker in self.brokers if broker.key == trigger.broker_key)
