"""Whatever a file holds, loading it ends with values and problems, never with an exception."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.project_directory import BROKER, FUNCTION, SINK_BINDING, TRIGGER, ProjectDirectory, annotation, filters

FILES = {
    "broker/broker.yaml": BROKER,
    "functions/invoice/func.yaml": FUNCTION.format(name="invoice"),
    "sources/sink-binding.yaml": SINK_BINDING.replace("  sink:", "  ceOverrides: {extensions: {a: b}}\n  sink:"),
    "triggers/invoice.yaml": TRIGGER.replace(*filters("not: {any: [{exact: {type: a}}]}")).replace(
        *annotation("knative.dev/dependency", "'{}'")
    ),
}
PING_SOURCE = """
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: p, namespace: cabs}
spec:
  schedule: "*/5 * * * mon"
  timezone: UTC
  contentType: application/json
  data: '{"a": [1]}'
  sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}, audience: a}
  ceOverrides: {extensions: {a: b}}
---
apiVersion: sources.knative.dev/v1beta2
kind: PingSource
metadata: {name: q, namespace: cabs}
spec: {dataBase64: e30=, sink: {uri: "https://h/p?x#y", CACerts: "-----BEGIN CERTIFICATE-----"}}
"""
EVENT_TYPES = """
apiVersion: eventing.knative.dev/v1beta3
kind: EventType
metadata: {name: a, namespace: cabs}
spec:
  reference: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}
  attributes: [{name: type, value: t, required: true}, {name: source}, {name: specversion}, {name: id}]
---
apiVersion: eventing.knative.dev/v1beta1
kind: EventType
metadata: {name: b, namespace: cabs}
spec: {type: t, source: /s, schema: "http://s", schemaData: "{}", broker: default, description: d}
"""
EVENT_POLICY = """
apiVersion: eventing.knative.dev/v1alpha1
kind: EventPolicy
metadata: {name: a, namespace: cabs}
spec:
  from: [{ref: {apiVersion: v1, kind: K, name: n, namespace: m}}, {sub: "a*"}]
  to: [{ref: {apiVersion: v1, kind: K, name: n}}, {selector: {matchLabels: {a: b}}}]
  filters: [{prefix: {subject: a}}]
"""
SELECTING = "    selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}\n"
FILES |= {
    "sources/ping.yaml": PING_SOURCE,
    "broker/event-types.yaml": EVENT_TYPES,
    "broker/policy.yaml": EVENT_POLICY,
    "sources/selecting.yaml": SINK_BINDING.replace("    name: dead-letter\n", SELECTING),
}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
STRANGE = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = value.copy()
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@pytest.mark.parametrize("file", FILES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), strange=STRANGE)
def test_any_value_in_any_place_is_read_or_refused(
    file: str, directory: Path, data: st.DataObject, strange: object
) -> None:
    documents = list(yaml.safe_load_all(FILES[file]))
    place = data.draw(st.sampled_from(places(documents)[1:]))
    project = ProjectDirectory(directory)
    project.write(file, yaml.safe_dump_all(replaced(documents, place, strange)))
    assert all(problem.message and problem.origin.file for problem in project.load().problems)
