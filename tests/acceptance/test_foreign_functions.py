"""Functions that were made by func alone, dropped into functions/ with a Trigger, run as they are."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.broker import Broker, serving
from support.foreign_functions import LEGACY, TODAY, create
from support.mesh import REPOSITORY, MeshUp, eventually, post

pytestmark = pytest.mark.timeout(300)  # their environments are made on first use

NO_INDEX = ("NameResolutionError", "NewConnectionError", "Temporary failure in name resolution", "dns error")
BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default, namespace: default, annotations: {eventing.knative.dev/broker.class: Kafka}}
spec:
  config: {apiVersion: v1, kind: ConfigMap, name: kafka-broker-config, namespace: default}
"""
TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: {name}, namespace: default}}
spec:
  broker: default
  filter: {{attributes: {{type: {type}}}}}
  subscriber: {subscriber}
"""
ANSWERS = {"legacy": "parliament.response", "today": "today.response"}
SERVICE = "{{ref: {{apiVersion: serving.knative.dev/v1, kind: Service, name: {name}}}}}"


@pytest.fixture(scope="module")
def answers() -> Iterator[Broker]:
    with serving() as kept:
        yield kept


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory, answers: Broker) -> Iterator[MeshUp]:
    root = tmp_path_factory.mktemp("foreign")
    create(root / "functions" / "legacy", LEGACY)
    create(root / "functions" / "today", TODAY)
    (root / "broker").mkdir()
    (root / "broker" / "broker.yaml").write_text(BROKER)
    for name, answer in ANSWERS.items():
        trigger(root, name, f"to.{name}", SERVICE.format(name=name))
        trigger(root, f"{name}-answers", answer, f'{{uri: "{answers.url}"}}')
    (root / "build").mkdir()
    (root / "build" / "environments").symlink_to(REPOSITORY / "build" / "environments")
    up = MeshUp(root, root / ".mesh")
    try:
        yield up.start()
    except AssertionError as error:
        if any(sign in str(error) for sign in NO_INDEX):
            pytest.skip("the package index cannot be reached from here")
        raise
    finally:
        up.end()


def trigger(root: Path, name: str, event_type: str, subscriber: str) -> None:
    file = root / "triggers" / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(TRIGGER.format(name=name, type=event_type, subscriber=subscriber))


@pytest.mark.parametrize("name", ANSWERS)
def test_it_takes_an_event_and_its_answer_is_delivered(mesh: MeshUp, answers: Broker, name: str) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": f"e-{name}", "ce-source": "/app", "ce-type": f"to.{name}"}
    sent = json.dumps({"message": "żółw"}).encode()
    accepted, _ = post(f"{mesh.url}/default/default", sent, {**headers, "content-type": "application/json"})
    assert accepted == 202
    [body] = eventually(lambda: [body for came, body in answers.took if came["ce-type"] == ANSWERS[name]])
    assert json.loads(body) == {"message": "żółw"}
    assert mesh.cli("drained", "--wait", "PT30S").returncode == 0
    assert [trigger["failed"] for trigger in mesh.json("status")["triggers"]] == [0] * 4
