"""What is wrong between objects that are right alone: a reference to nothing, a binding that binds nothing.

A cluster accepts these and then reports them in a status that nobody reads; the mesh says them at once.
"""

from collections.abc import Callable, Iterator

from mesh.manifests.kinds import BROKER, SERVICE
from mesh.manifests.model import Broker, Destination, Project, Reference, SinkBinding, Trigger
from mesh.manifests.problem import Problem
from mesh.manifests.sink_binding import binds
from mesh.manifests.urls import parse_url


def check_references(project: Project) -> Iterator[Problem]:
    """Yield every reference in the project that leads nowhere."""
    for broker in project.brokers:
        yield from _check_dead_letter_sink(project, broker)
    for trigger in project.triggers:
        yield from _check_broker(project, trigger)
        yield from _check_destination(project, trigger.subscriber, "spec.subscriber")
        yield from _check_dead_letter_sink(project, trigger)
    for binding in project.sink_bindings:
        yield from _check_destination(project, binding.sink, "spec.sink")
        yield from _check_subject(project, binding)


def _check_broker(project: Project, trigger: Trigger) -> Iterator[Problem]:
    keys = {broker.key for broker in project.brokers}
    if not trigger.broker and trigger.broker_origin:
        off = "which is off by default: write spec.broker"
        message = 'Broker "" does not exist: spec.broker (spec.brokerRef needs the feature cross-namespace-event-links'
        yield Problem(trigger.broker_origin, f"{message}, {off})")
    elif trigger.broker and trigger.broker_key not in keys:
        known = _known(broker.name for broker in project.brokers if broker.namespace == trigger.namespace)
        message = f'Broker "{trigger.broker}" does not exist: spec.broker'
        yield Problem(trigger.broker_origin or trigger.origin, f"{message} (in namespace {trigger.namespace}: {known})")


def _check_dead_letter_sink(project: Project, owner: Broker | Trigger) -> Iterator[Problem]:
    if owner.delivery and owner.delivery.dead_letter_sink:
        yield from _check_destination(project, owner.delivery.dead_letter_sink, "spec.delivery.deadLetterSink")


def _check_destination(project: Project, destination: Destination, path: str) -> Iterator[Problem]:
    ref, uri = destination.ref, destination.uri
    message = None
    if ref and ref.api_version and ref.kind and ref.name:
        message = _unresolved(project, ref, f"{path}.ref")
    elif uri and not ref and not _callable(uri):
        message = f"invalid value: {uri}: {path}.uri (the mesh calls http and https only)"
    if message and destination.origin:
        yield Problem(destination.origin, message)


def _callable(uri: str) -> bool:
    """Tell whether the mesh can call a URI; one that the webhook refuses has its problem already."""
    try:
        url = parse_url(uri)
    except ValueError:
        return True
    return url.scheme in {"http", "https"} or not (url.scheme and url.host)


def _unresolved(project: Project, ref: Reference, path: str) -> str | None:
    names: dict[tuple[str, str], Callable[[], set[str]]] = {
        SERVICE: lambda: {item.name for item in project.functions if item.namespace == ref.namespace},
        BROKER: lambda: {item.name for item in project.brokers if item.namespace == ref.namespace},
    }
    found = names.get((ref.api_version, ref.kind))
    if found is None:
        remedy = f"refer to a {SERVICE[0]} Service or an {BROKER[0]} Broker, or write a uri"
        return f"{ref.api_version} {ref.kind} is not run by this mesh: {path} ({remedy})"
    if ref.name in found():
        return None
    return f'{ref.kind} "{ref.name}" does not exist: {path} (in namespace {ref.namespace}: {_known(found())})'


def _check_subject(project: Project, binding: SinkBinding) -> Iterator[Problem]:
    subject = binding.subject
    if not subject.kind:
        return
    if (subject.api_version, subject.kind) != SERVICE:
        remedy = f"a {SERVICE[0]} Service is"
        message = f"{subject.api_version} {subject.kind} is not run by this mesh: spec.subject ({remedy})"
        yield Problem(binding.origin, message)
    elif not any(binds(binding, function) for function in project.functions):
        known = _known(item.name for item in project.functions if item.namespace == binding.namespace)
        wanted = f'Service "{subject.name}"' if subject.name else f"a Service with {_labels(binding)}"
        message = f"{wanted} does not exist: spec.subject (in namespace {binding.namespace}: {known})"
        yield Problem(binding.origin, message)


def _labels(binding: SinkBinding) -> str:
    labels = (f"{name}={value}" for name, value in binding.selector.items())
    expressions = (f"{asked.key} {asked.operator} {' '.join(asked.values)}".rstrip() for asked in binding.expressions)
    return ", ".join((*labels, *expressions)) or "any labels"


def _known(names: Iterator[str] | set[str]) -> str:
    return ", ".join(sorted(name for name in names if name)) or "none"
