"""What of a saved change the cluster would refuse. Rules: knative/eventing {broker,trigger}_validation.go."""

from collections.abc import Iterator

from mesh.manifests.model import Broker, Project, Reference, Trigger
from mesh.manifests.problem import Problem

# knative/eventing config/core/configmaps/default-broker.yaml, applied to a Broker created without spec.config
STOCK_CONFIG = Reference("v1", "ConfigMap", "config-br-default-channel", "knative-eventing")


def immutable_problems(old: Project, new: Project) -> list[Problem]:
    """List what changed of the same object and must not, in the webhook's words."""
    brokers = {broker.key: broker for broker in old.brokers}
    triggers = {trigger.key: trigger for trigger in old.triggers}
    return [
        *(problem for broker in new.brokers for problem in _broker(brokers.get(broker.key, broker), broker)),
        *(problem for trigger in new.triggers for problem in _trigger(triggers.get(trigger.key, trigger), trigger)),
    ]


def _broker(old: Broker, new: Broker) -> Iterator[Problem]:
    if (old.config or STOCK_CONFIG) != (new.config or STOCK_CONFIG):
        change = f"-{_shown(old.config)} +{_shown(new.config)}"
        yield Problem(new.origin, f"Immutable fields changed (-old +new): spec ({change}; {_remedy('Broker')})")
    if old.broker_class != new.broker_class:
        change = f"-{old.broker_class} +{new.broker_class}"
        message = "Immutable annotations changed (-old +new): annotations"
        yield Problem(new.origin, f"{message} ({change}; {_remedy('Broker')})")


def _trigger(old: Trigger, new: Trigger) -> Iterator[Problem]:
    if old.broker != new.broker:
        change = f"-{old.broker} +{new.broker}"
        message = "Immutable fields changed (-old +new): spec, broker"
        yield Problem(new.broker_origin or new.origin, f"{message} ({change}; {_remedy('Trigger')})")


def _shown(config: Reference | None) -> str:
    return f"{config.kind} {config.namespace}/{config.name}" if config else "none"


def _remedy(kind: str) -> str:
    return f"delete the {kind} and make it anew"
