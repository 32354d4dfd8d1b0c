"""A mesh of its own process, on a project with one broker and triggers that lead to a sink of the bench's."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from events import TYPE
from processes import Process, running

PATH = "/bench/default"
BROKER_KEY = "bench/default"
STATE = ".mesh"
BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: default
  namespace: bench
  annotations:
    eventing.knative.dev/broker.class: Kafka
"""
TRIGGER = """\
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: {name}
  namespace: bench
spec:
  broker: default
  filter:
    attributes:
      type: {type}
  subscriber:
    uri: {uri}
"""
HELD = """\
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: held
  namespace: bench
spec:
  broker: default
  subscriber:
    uri: http://127.0.0.1:9
  delivery:
    retry: 10
    backoffPolicy: linear
    backoffDelay: PT1H
"""  # nobody is there, and a first wait of an hour keeps what it has for as long as a bench runs


@dataclass(frozen=True)
class Mesh:
    process: Process
    port: int
    state: Path
    start_seconds: float


def matching(count: int, sink: str) -> list[str]:
    return [TRIGGER.format(name=f"takes-{number}", type=TYPE, uri=f"{sink}/{number}") for number in range(count)]


def passing_by(count: int, sink: str) -> list[str]:
    return [TRIGGER.format(name=f"not-{number}", type=f"{TYPE}-{number}", uri=sink) for number in range(count)]


@contextmanager
def mesh(triggers: Sequence[str]) -> Iterator[Mesh]:
    with project(triggers) as root, started(root) as running_mesh:
        yield running_mesh


@contextmanager
def project(triggers: Sequence[str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        root = Path(directory)
        (root / "broker").mkdir()
        (root / "broker" / "broker.yaml").write_text(BROKER + "".join(triggers))
        yield root


@contextmanager
def started(root: Path) -> Iterator[Mesh]:
    """Run a mesh on the project, on what the last one left in its state directory."""
    state, began = root / STATE, time.perf_counter()
    words = ["up", str(root), "--state", str(state), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
    with running([sys.executable, "-m", "mesh", *words]) as process:
        port = int(process.line().rpartition(":")[2])
        yield Mesh(process, port, state, time.perf_counter() - began)
