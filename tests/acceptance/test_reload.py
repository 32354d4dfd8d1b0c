"""Triggers edited, added or removed while the mesh runs, or while it does not, hold without touching the rest."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.mesh import MeshUp, eventually, post
from support.recorder import Recorder, recording

BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: default
  namespace: cabs
  annotations: {{eventing.knative.dev/broker.class: Kafka}}
spec:
  config: {{apiVersion: v1, kind: ConfigMap, name: kafka-broker-config, namespace: cabs}}
  delivery: {{retry: 10, backoffPolicy: linear, backoffDelay: {delay}}}
"""
TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: {name}, namespace: cabs}}
spec:
  broker: default
  filter: {{attributes: {{type: {type}}}}}
  subscriber: {{uri: "{url}"}}
"""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as running:
        yield running


class Site:
    """A project without functions, and its mesh."""

    def __init__(self, root: Path, recorder: Recorder) -> None:
        self.root = root
        self.recorder = recorder
        for folder in ("broker", "triggers"):
            (root / folder).mkdir(parents=True)
        self.broker()
        self.mesh = MeshUp(root, root / ".mesh")

    def broker(self, delay: str = "PT1S") -> None:
        (self.root / "broker" / "200-broker.yaml").write_text(BROKER.format(delay=delay))

    def trigger(self, name: str, event_type: str, path: str) -> None:
        text = TRIGGER.format(name=name, type=event_type, url=self.recorder.url(path))
        (self.root / "triggers" / f"{name}.yaml").write_text(text)

    def remove(self, name: str) -> None:
        (self.root / "triggers" / f"{name}.yaml").unlink()

    def send(self, event_id: str, event_type: str) -> None:
        headers = {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": "/app", "ce-type": event_type}
        assert post(self.mesh.broker, b"", headers)[0] == 202

    def triggers(self) -> set[str]:
        return {trigger["name"] for trigger in self.mesh.json("status")["triggers"]}


@pytest.fixture
def site(tmp_path: Path, recorder: Recorder) -> Iterator[Site]:
    made = Site(tmp_path, recorder)
    made.trigger("steady", "a", "steady")
    yield made
    made.mesh.end()


def test_an_added_trigger_starts_at_the_newest_event(site: Site) -> None:
    site.mesh.start()
    site.send("before", "a")
    eventually(lambda: site.recorder.ids("steady") == ["before"])
    site.trigger("late", "a", "late")
    eventually(lambda: "late" in site.triggers())
    site.send("after", "a")
    eventually(lambda: site.recorder.ids("late") == ["after"])
    eventually(lambda: site.recorder.ids("steady") == ["before", "after"])


def test_a_changed_subscriber_and_filter_hold_from_the_next_attempt_on(site: Site) -> None:
    site.recorder.statuses = {"wrong": 503}
    site.trigger("edited", "b", "wrong")
    site.mesh.start()
    site.send("waits", "b")
    eventually(lambda: site.recorder.ids("wrong"))
    site.trigger("edited", "b", "right")
    eventually(lambda: site.recorder.ids("right") == ["waits"])
    site.trigger("edited", "c", "right")
    eventually(lambda: "type is 'd', not 'c'" in _why(site, "d"))
    site.send("wanted", "c")
    eventually(lambda: site.recorder.ids("right") == ["waits", "wanted"])


def test_what_no_longer_matches_while_it_waits_is_let_go(site: Site) -> None:
    site.recorder.statuses = {"down": 503}
    site.trigger("edited", "b", "down")
    site.mesh.start()
    site.send("waits", "b")
    eventually(lambda: site.recorder.ids("down"))
    site.trigger("edited", "c", "down")
    eventually(lambda: (site.mesh.delivery_of("waits", "cabs/edited") or {}).get("outcome") == "not_matched")
    assert site.mesh.cli("drained").returncode == 0


def test_what_a_removed_trigger_had_outstanding_is_kept_and_the_others_go_on(site: Site) -> None:
    site.recorder.statuses = {"down": 503}
    site.trigger("doomed", "b", "down")
    site.mesh.start()
    site.send("orphan", "b")
    eventually(lambda: site.recorder.ids("down"))
    site.remove("doomed")
    [letter] = eventually(lambda: site.mesh.json("dead-letters", "list"))
    assert (letter["state"], letter["event_id"], letter["trigger"]) == ("kept", "orphan", "cabs/doomed")
    assert "was removed" in letter["reason"]
    site.send("next", "a")
    eventually(lambda: site.recorder.ids("steady") == ["next"])


def test_a_broken_edit_is_reported_and_the_last_good_state_stays(site: Site) -> None:
    site.mesh.start()
    (site.root / "triggers" / "steady.yaml").write_text("kind: [")
    eventually(lambda: "triggers/steady.yaml:" in site.mesh.output())
    site.send("still", "a")
    eventually(lambda: site.recorder.ids("steady") == ["still"])


def test_what_the_cluster_would_refuse_is_refused_in_its_words(site: Site) -> None:
    site.mesh.start()
    broker = site.root / "broker" / "200-broker.yaml"
    broker.write_text(broker.read_text().replace("broker.class: Kafka", "broker.class: MTChannelBasedBroker"))
    eventually(lambda: "Immutable" in site.mesh.output())
    site.send("still", "a")
    eventually(lambda: site.recorder.ids("steady") == ["still"])
    assert site.mesh.json("status")["brokers"][0]["class"] == "Kafka"


def test_a_producer_that_waits_for_a_removed_trigger_is_told_at_once(site: Site) -> None:
    broker = site.root / "broker" / "200-broker.yaml"
    broker.write_text(broker.read_text().replace("class: Kafka", "class: MTChannelBasedBroker"))
    site.recorder.statuses = {"down": 503}
    site.trigger("doomed", "b", "down")
    site.mesh.start()
    headers = {"ce-specversion": "1.0", "ce-id": "waits", "ce-source": "/app", "ce-type": "b"}
    with ThreadPoolExecutor(1) as producer:
        answer = producer.submit(post, site.mesh.broker, b"", headers)
        eventually(lambda: site.recorder.ids("down"))
        site.remove("doomed")
        assert answer.result(timeout=20)[0] == 500


def test_changes_made_while_the_mesh_was_down_are_treated_the_same(site: Site) -> None:
    site.recorder.statuses = {"down": 503}
    site.trigger("doomed", "b", "down")
    site.mesh.start()
    site.send("orphan", "b")
    eventually(lambda: site.recorder.ids("down"))
    site.mesh.stop()
    site.remove("doomed")
    site.trigger("late", "b", "late")
    site.mesh.start()
    [letter] = eventually(lambda: site.mesh.json("dead-letters", "list"))
    assert (letter["state"], letter["event_id"]) == ("kept", "orphan")
    site.send("after", "b")
    eventually(lambda: site.recorder.ids("late") == ["after"])


def _why(site: Site, event_type: str) -> str:
    """Why `edited` did not match a new event of that type."""
    event_id = uuid.uuid4().hex
    site.send(event_id, event_type)
    delivery = site.mesh.delivery_of(event_id, "cabs/edited")
    return str((delivery or {}).get("reason"))
