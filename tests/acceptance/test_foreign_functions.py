"""What func makes of its own templates and of ours, dropped into functions/ with a Trigger, runs as it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.event import from_http
from support import created
from support.broker import Broker, serving
from support.foreign_functions import LEGACY, TODAY, create
from support.mesh import REPOSITORY, MeshUp, eventually, post
from support.tool_requests import deliver, func_invoke, func_invoke_http

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
TEMPLATES = {"our-parliament": "parliament", "our-asgi": "asgi"}
EXAMPLE = "example.answered"
ANSWERS = {"legacy": "parliament.response", "today": "today.response"} | dict.fromkeys(TEMPLATES, EXAMPLE)
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
    for name, template in TEMPLATES.items():
        created.create(root / "functions" / name, template)
    (root / "broker").mkdir()
    (root / "broker" / "broker.yaml").write_text(BROKER)
    for name in ANSWERS:
        trigger(root, name, f"to.{name}", SERVICE.format(name=name))
    for answer in set(ANSWERS.values()):
        trigger(root, f"takes-{answer.replace('.', '-')}", answer, f'{{uri: "{answers.url}"}}')
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
    sent = {"message": f"żółw, {name}"}
    accepted, _ = post(
        f"{mesh.url}/default/default", json.dumps(sent).encode(), {**headers, "content-type": "application/json"}
    )
    assert accepted == 202
    [came] = eventually(lambda: [came["ce-type"] for came, body in answers.took if json.loads(body) == sent])
    assert came == ANSWERS[name]
    assert mesh.cli("drained", "--wait", "PT30S").returncode == 0
    assert not any(trigger["failed"] for trigger in mesh.json("status")["triggers"])


@pytest.mark.parametrize("name", ANSWERS)
def test_what_func_invoke_sends_to_the_port_that_it_finds_is_answered_with_an_event(mesh: MeshUp, name: str) -> None:
    url = found_by_func(mesh.root / "functions" / name)
    response, body = deliver(func_invoke("e-invoke").request(url), url)
    assert response.status == 200
    answer = from_http([(header.lower().encode(), value.encode()) for header, value in response.getheaders()], body)
    assert (answer.type, json.loads(answer.data or b"")) == (ANSWERS[name], {"message": "Hello World"})


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_no_event_is_refused_by_a_function_of_our_templates(mesh: MeshUp, name: str) -> None:
    url = found_by_func(mesh.root / "functions" / name)
    assert deliver(func_invoke_http(url), url)[0].status == 400


def found_by_func(directory: Path) -> str:
    """Where `func invoke` in that directory calls (knative/func pkg/functions/instances.go)."""
    [run] = (directory / ".func" / "runs").iterdir()
    return f"http://localhost:{run.name}/"
