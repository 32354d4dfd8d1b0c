"""A secret is in its function's environment, and in nothing that the mesh says, writes or starts."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.mesh import MeshUp, processes_naming
from support.small_project import SmallProject

SECRET = "hunter2-of-this-test"
FUNC_YAML = """\
specVersion: 0.36.0
name: hello
namespace: demo
runtime: python
created: 2026-01-31T12:00:00Z
run:
  envs:
    - {name: MAIL, value: "{{ secret:mail:password }}"}
    - {name: DATABASE_URL, value: "{{ secret:db:url }}"}
"""
BROKER = "{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: default, namespace: demo}}\n"
LOCAL = f"secret: {{mail: {{password: {SECRET}}}, db: {{url: 'postgresql://user:{SECRET}@127.0.0.1:9/rides'}}}}\n"


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[MeshUp]:
    small = SmallProject(tmp_path / "project")
    (small.directory / "func.yaml").write_text(FUNC_YAML)
    (small.root / "local.secrets.yaml").write_text(LOCAL)
    (small.root / "broker").mkdir()
    (small.root / "broker" / "broker.yaml").write_text(BROKER)
    up = MeshUp(small.root, small.state)
    up.start()
    yield up
    up.end()


def answer(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as given:
        text: str = given.read().decode()
    return text


def test_a_secret_reaches_its_function_and_nothing_else(mesh: MeshUp) -> None:
    assert answer(f"{mesh.function_url('hello')}/?environ=MAIL") == SECRET
    assert processes_naming("hunter2-of-") == []
    for words in (("status",), ("logs", "hello"), ("trace", "nobody"), ("dead-letters", "list")):
        said = mesh.cli(*words)
        assert SECRET not in said.stdout + said.stderr
    console = json.loads((mesh.state / "mesh.json").read_text())["console"]
    for page in ("/", "/status", "/metrics", "/openapi.json"):
        assert SECRET not in answer(console + page)
    assert SECRET not in mesh.output()
    written = [file for file in mesh.state.rglob("*") if file.is_file()]
    staged = [file for file in (mesh.root / "build" / "functions").rglob("*") if file.is_file()]
    assert len(staged) > 1
    assert [file for file in (*written, *staged) if SECRET.encode() in file.read_bytes()] == []
