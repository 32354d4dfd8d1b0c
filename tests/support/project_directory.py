"""A small project on disk that is right in every way, to be made wrong in one."""

from pathlib import Path

from mesh.manifests.model import Project
from mesh.manifests.project import load

FUNCTION = """\
specVersion: 0.36.0
name: {name}
runtime: python
namespace: cabs
created: 2026-01-31T12:00:00Z
invoke: cloudevent
run:
  envs:
    - name: DATABASE_URL
      value: '{{{{ secret:database:url }}}}'
deploy:
  labels:
    - key: app.kubernetes.io/part-of
      value: cabs
  options:
    scale: {{min: 0, max: 10}}
"""

BROKER = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: kafka-broker-config
  namespace: cabs
data:
  bootstrap.servers: kafka:9092
  default.topic.partitions: "4"
  default.topic.replication.factor: "1"
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: default
  namespace: cabs
  annotations:
    eventing.knative.dev/broker.class: Kafka
spec:
  config:
    apiVersion: v1
    kind: ConfigMap
    name: kafka-broker-config
  delivery:
    retry: 10
    backoffPolicy: exponential
    backoffDelay: PT0.2S
    timeout: PT30S
    deadLetterSink:
      ref:
        apiVersion: serving.knative.dev/v1
        kind: Service
        name: dead-letter
"""

TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: invoice
  namespace: cabs
spec:
  broker: default
  filter:
    attributes:
      type: cabs.rides.ride-completed
  subscriber:
    ref:
      apiVersion: serving.knative.dev/v1
      kind: Service
      name: invoice
"""

SINK_BINDING = """\
apiVersion: sources.knative.dev/v1
kind: SinkBinding
metadata:
  name: dead-letter
  namespace: cabs
spec:
  subject:
    apiVersion: serving.knative.dev/v1
    kind: Service
    name: dead-letter
  sink:
    ref:
      apiVersion: eventing.knative.dev/v1
      kind: Broker
      name: default
"""

LEGACY = "  filter:\n    attributes:\n      type: cabs.rides.ride-completed\n"
SUBSCRIBER = "    ref:\n      apiVersion: serving.knative.dev/v1\n      kind: Service\n      name: invoice\n"

Edit = tuple[str, str]


def filters(*entries: str) -> Edit:
    """Put these entries of `filters` in the place of the trigger's filter."""
    return LEGACY, "  filters:\n" + "".join(f"    - {entry}\n" for entry in entries)


def delivery(setting: str) -> Edit:
    """Give the trigger a delivery."""
    return "  broker: default\n", f"  broker: default\n  delivery:\n    {setting}\n"


def subscriber(*lines: str) -> Edit:
    """Replace the trigger's subscriber."""
    return SUBSCRIBER, "".join(f"    {line}\n" for line in lines)


def annotation(name: str, value: str) -> Edit:
    """Annotate the object."""
    return "  namespace: cabs\n", f"  namespace: cabs\n  annotations:\n    {name}: {value}\n"


class ProjectDirectory:
    """Two functions, a broker, a trigger and a sink binding; every edit is by text, as a person would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("invoice", "dead-letter"):
            self.write(f"functions/{name}/func.yaml", FUNCTION.format(name=name))
            self.write(f"functions/{name}/func.py", "")
        self.write("broker/broker.yaml", BROKER)
        self.write("triggers/invoice.yaml", TRIGGER)
        self.write("sources/sink-binding.yaml", SINK_BINDING)

    def write(self, path: str, text: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def load(self) -> Project:
        return load(self.root)

    def problems(self) -> list[str]:
        return [str(problem) for problem in self.load().problems]

    def warnings(self) -> list[str]:
        return [str(warning) for warning in self.load().warnings]
