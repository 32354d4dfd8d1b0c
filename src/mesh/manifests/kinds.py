"""Which kinds there are: those that the mesh runs, and those that only the cluster has a use for."""

from collections.abc import Mapping

from mesh.manifests.fields import suggestion

BROKER = ("eventing.knative.dev/v1", "Broker")
TRIGGER = ("eventing.knative.dev/v1", "Trigger")
SINK_BINDING = ("sources.knative.dev/v1", "SinkBinding")
PING_SOURCES = (("sources.knative.dev/v1", "PingSource"), ("sources.knative.dev/v1beta2", "PingSource"))
EVENT_TYPES = tuple((f"eventing.knative.dev/{version}", "EventType") for version in ("v1beta1", "v1beta2", "v1beta3"))
EVENT_POLICY = ("eventing.knative.dev/v1alpha1", "EventPolicy")
CONFIG_MAP = ("v1", "ConfigMap")
SERVICE = ("serving.knative.dev/v1", "Service")

CLOSED: Mapping[str, tuple[str, ...]] = {
    "v1": (
        "ConfigMap",
        "Endpoints",
        "LimitRange",
        "Namespace",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "ResourceQuota",
        "Secret",
        "Service",
        "ServiceAccount",
    ),
    "eventing.knative.dev/v1": ("Broker", "Trigger"),
    "eventing.knative.dev/v1beta1": ("EventType",),
    "eventing.knative.dev/v1beta2": ("EventType",),
    "eventing.knative.dev/v1beta3": ("EventType",),
    "eventing.knative.dev/v1alpha1": ("EventPolicy", "EventTransform", "KafkaSink", "RequestReply"),
    "sources.knative.dev/v1": ("ApiServerSource", "ContainerSource", "KafkaSource", "PingSource", "SinkBinding"),
    "sources.knative.dev/v1beta1": ("KafkaSource",),
    "sources.knative.dev/v1beta2": ("PingSource",),
    "sources.knative.dev/v1alpha1": ("IntegrationSource",),
    "messaging.knative.dev/v1": ("Channel", "InMemoryChannel", "Subscription"),
    "messaging.knative.dev/v1beta1": ("KafkaChannel",),
    "flows.knative.dev/v1": ("Parallel", "Sequence"),
    "sinks.knative.dev/v1alpha1": ("IntegrationSink", "JobSink"),
    "serving.knative.dev/v1": ("Configuration", "Revision", "Route", "Service"),
    "serving.knative.dev/v1beta1": ("DomainMapping",),
    "kafka.strimzi.io/v1": (
        "Kafka",
        "KafkaBridge",
        "KafkaConnect",
        "KafkaConnector",
        "KafkaMirrorMaker2",
        "KafkaNodePool",
        "KafkaRebalance",
        "KafkaTopic",
        "KafkaUser",
    ),
}
READ = (BROKER, TRIGGER, SINK_BINDING, CONFIG_MAP, EVENT_POLICY, *EVENT_TYPES, *PING_SOURCES)
NOT_RUN: Mapping[tuple[str, str], str] = {
    **dict.fromkeys(EVENT_TYPES, "checked; the mesh keeps no registry of event types"),
    **dict.fromkeys(PING_SOURCES, "checked; the mesh does not run it yet"),
}
RUN = {kind: version for version, kind in (BROKER, TRIGGER, SINK_BINDING)}
LIST = ("v1", "List")


def unknown_kind(api_version: str, kind: str) -> str | None:
    """Say in kubectl's words why there is no such kind, or return None where there is or may be one."""
    if (api_version, kind) == LIST:
        return "a List is not read (write each object as a document of its own, with --- between them)"
    kinds = CLOSED.get(api_version)
    if kinds is not None:
        return None if kind in kinds else _no_match(api_version, kind, suggestion(kind, kinds))
    group = api_version.partition("/")[0]
    versions = [version for version in CLOSED if version.partition("/")[0] == group]
    if versions:
        return _no_match(api_version, kind, f"known: {', '.join(versions)}")
    if kind in RUN:
        return _no_match(api_version, kind, f"did you mean {RUN[kind]}?")
    return None


def _no_match(api_version: str, kind: str, remedy: str) -> str:
    return f'no matches for kind "{kind}" in version "{api_version}" ({remedy})'
