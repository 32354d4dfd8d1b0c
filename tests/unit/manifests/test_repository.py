"""The repository's own manifests: valid for the mesh, and for the cluster's schemas."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cabs.events import EVENTS
from mesh.manifests.project import load
from support.crds import CRDS, read_schemas

ROOT = Path(__file__).parents[3]
FILES = sorted(path for folder in ("broker", "triggers", "sources") for path in (ROOT / folder).glob("*.y*ml"))
CORE = {("v1", "Namespace"), ("v1", "ConfigMap"), ("batch/v1", "Job")}  # kinds of Kubernetes itself have no CRD

needs_crds = pytest.mark.skipif(not CRDS.is_dir(), reason="the cluster's schemas are not beside the repository")


Schemas = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return read_schemas()


def documents(file: Path) -> Iterator[dict[str, Any]]:
    yield from (document for document in yaml.safe_load_all(file.read_text()) if document)


def kind_of(document: dict[str, Any]) -> tuple[str, str]:
    return document["apiVersion"], document["kind"]


def test_the_mesh_finds_nothing_wrong() -> None:
    loaded = load(ROOT)
    assert [str(problem) for problem in loaded.problems] == []
    assert [str(warning) for warning in loaded.warnings] == []


def test_what_is_for_the_cluster_only_is_told() -> None:
    told = {line.partition(": ")[2] for line in load(ROOT).cluster_only}
    types = {f"EventType cabs/{event.type} (checked; the mesh keeps no registry of event types)" for event in EVENTS}
    assert told == {"Namespace cabs", "Kafka kafka/cabs", "KafkaNodePool kafka/nodes", "Job cabs/migrate"} | types


@needs_crds
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_cluster_finds_nothing_wrong(file: Path, schemas: Schemas) -> None:
    for document in documents(file):
        if kind_of(document) not in CORE:
            jsonschema.Draft202012Validator(schemas[kind_of(document)]).validate(document)


@needs_crds
def test_the_schemas_are_strict(schemas: Schemas) -> None:
    trigger = next(documents(ROOT / "triggers/invoice.yaml"))
    trigger["spec"]["subscriber"]["ref"]["kindd"] = "Service"
    with pytest.raises(jsonschema.ValidationError, match="kindd"):
        jsonschema.Draft202012Validator(schemas[kind_of(trigger)]).validate(trigger)


def test_a_kafka_cluster_and_its_broker_agree() -> None:
    kafka, pool = documents(ROOT / "broker/100-kafka.yaml")
    config, _broker = documents(ROOT / "broker/200-broker.yaml")
    name, namespace = kafka["metadata"]["name"], kafka["metadata"]["namespace"]
    assert config["data"]["bootstrap.servers"] == f"{name}-kafka-bootstrap.{namespace}:9092"
    assert pool["metadata"]["labels"]["strimzi.io/cluster"] == name
    assert int(config["data"]["default.topic.replication.factor"]) <= pool["spec"]["replicas"]


def test_eventing_injects_the_sink_whatever_its_selection_mode() -> None:
    (namespace,) = documents(ROOT / "broker/000-namespace.yaml")
    (bound,) = [each for each in load(ROOT).functions if each.name == "dead-letter"]
    for labels in (namespace["metadata"]["labels"], bound.labels):
        assert labels["bindings.knative.dev/include"] == "true"
