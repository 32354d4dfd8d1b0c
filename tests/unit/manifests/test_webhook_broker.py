"""A Broker alone: knative/eventing pkg/apis/eventing/v1/broker_validation.go, and eventing-kafka-broker's own."""

from pathlib import Path

import pytest

from mesh.manifests.model import KAFKA, MT
from support.webhook import assert_refused_for, load_object

BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: b
  namespace: cabs
  annotations: {annotations}
spec: {spec}
"""
CLASS = "eventing.knative.dev/broker.class"
CONFIG = "{config: {apiVersion: v1, kind: ConfigMap, name: c}}"
MISSING = "missing field(s): spec.config.apiVersion, spec.config.kind, spec.config.name"

# (class, spec, what is said, the rule's place)
RULES = [
    (KAFKA, "{}", [], "broker_defaults.go: spec.config is defaulted"),
    (MT, "{}", [], "broker_defaults.go: spec.config is defaulted"),
    (None, "{}", [], "eventing/defaults.go: the class is defaulted"),
    (None, "null", [], "a null is an absent field"),
    (KAFKA, CONFIG, [], "broker_validation.go"),
    (
        KAFKA,
        CONFIG.replace("name: c", "name: c, namespace: other"),
        [],
        "another namespace is allowed on a stock install",
    ),
    (KAFKA, CONFIG.replace("ConfigMap", "configmap"), [], "eventing-kafka-broker: the kind in any case"),
    (MT, CONFIG.replace("ConfigMap", "Secret"), [], "the kind is class Kafka's rule"),
    ('""', "{}", [f"missing field(s): {CLASS}"], "broker_validation.go: an empty class is not defaulted"),
    (KAFKA, "{config: {}}", [MISSING], "knative_reference.go"),
    (MT, "{config: {}}", [MISSING], "knative_reference.go"),
    (MT, "{config: {kind: ConfigMap, name: c}}", ["missing field(s): spec.config.apiVersion"], "knative_reference.go"),
    (
        KAFKA,
        CONFIG.replace("ConfigMap", "Secret"),
        ["invalid value: Secret: spec.config.kind"],
        "eventing-kafka-broker broker_validation.go",
    ),
    (
        '""',
        "{config: {}, delivery: {retry: -1}}",
        [f"missing field(s): {CLASS}", MISSING, "invalid value: -1: spec.delivery.retry"],
        "all of it at once",
    ),
]


@pytest.mark.parametrize(("broker_class", "spec", "refused", "rule"), RULES)
def test_a_broker_is_judged_as_by_the_webhook(
    broker_class: str | None, spec: str, refused: list[str], rule: str, tmp_path: Path
) -> None:
    annotations = f"{{{CLASS}: {broker_class}}}" if broker_class else "{}"
    assert_refused_for(load_object(tmp_path, BROKER.format(annotations=annotations, spec=spec)), refused)


@pytest.mark.parametrize("broker_class", ["KafkaNamespaced", "kafka", "RabbitMQBroker"])
def test_a_class_that_only_a_cluster_runs_is_the_meshs_own_problem(broker_class: str, tmp_path: Path) -> None:
    loaded = load_object(tmp_path, BROKER.format(annotations=f"{{{CLASS}: {broker_class}}}", spec="{}"))
    said = f"class {broker_class} is not run by this mesh: metadata.annotations[{CLASS}]"
    assert_refused_for(loaded, [said])


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        (CONFIG, []),
        (CONFIG.replace("ConfigMap", "Secret"), ["invalid value: Secret: spec.config.kind"]),
        (CONFIG.replace("name: c", "name: c, namespace: x"), ["invalid value: x: spec.config.namespace"]),
    ],
)
def test_what_a_namespaced_broker_refers_to_is_judged_too(config: str, refused: list[str], tmp_path: Path) -> None:
    loaded = load_object(tmp_path, BROKER.format(annotations=f"{{{CLASS}: KafkaNamespaced}}", spec=config))
    said = f"class KafkaNamespaced is not run by this mesh: metadata.annotations[{CLASS}]"
    assert_refused_for(loaded, [said, *refused])
