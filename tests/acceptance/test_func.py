"""The real func: what it makes of our templates, what its invoke gets out of the mesh, and what its run serves."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import created
from support.builders import uploaded
from support.func_runs import FuncRun, free_address, running
from support.mesh import REPOSITORY, MeshUp, copied_project, eventually, ride
from support.postgres import server
from support.raw_server import listening
from support.real_tools import RealTool, real
from support.tool_requests import func_invoke, func_invoke_http

pytestmark = pytest.mark.timeout(300)  # func run makes environments

TEMPLATES = ("parliament", "asgi")
ADDED_BY_FUNC = {".func/local.yaml", ".funcignore", ".gitignore"}
COMPLETED = "cabs.rides.ride-completed"
PLAIN = """\
def new():
    return Function()


class Function:
    async def handle(self, scope, receive, send):
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 400 if body == b"no" else 200, "headers": []})
        await send({"type": "http.response.body", "body": b"got " + body})
"""
TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: by-func, namespace: cabs}}
spec:
  broker: default
  filter: {{attributes: {{type: cabs.rides.ride-completed}}}}
  subscriber: {{uri: "http://{address}/"}}
"""


@pytest.fixture(scope="module")
def func(tmp_path_factory: pytest.TempPathFactory) -> RealTool:
    return real("func", tmp_path_factory.mktemp("func"))


@pytest.fixture(scope="module")
def database(func: RealTool) -> Iterator[str]:
    with server() as postgres:
        yield postgres.url()


@pytest.fixture(scope="module")
def project(func: RealTool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copied_project(tmp_path_factory.mktemp("project"))
    shutil.copy(REPOSITORY / "manifest.yaml", root)
    for template in TEMPLATES:
        settle(make(func, root, root / "functions" / f"our-{template}", template))
    plain = settle(created.create(root / "functions" / "plain", "asgi"), invoke="http")
    (plain / "function" / "func.py").write_text(PLAIN)
    return root


@pytest.fixture(scope="module")
def runs(
    func: RealTool, project: Path, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[FuncRun]]:
    """A staged step, and what our asgi template makes; both at once, since each waits for pip."""
    step = uploaded(tmp_path_factory.mktemp("steps"), "asgi")["calculate-fee"]
    ours = make(func, project, tmp_path_factory.mktemp("ours") / "our-run", "asgi")
    with ExitStack() as stack:
        yield [
            stack.enter_context(running(func, step, free_address(), "--env", f"DATABASE_URL={database}")),
            stack.enter_context(running(func, ours, free_address())),
        ]


@pytest.fixture(scope="module")
def mesh(project: Path, runs: list[FuncRun], database: str) -> Iterator[MeshUp]:
    (project / "triggers" / "by-func.yaml").write_text(TRIGGER.format(address=runs[0].address))
    up = MeshUp(project, project / ".mesh", {"DATABASE_URL": database})
    try:
        yield up.start("--migrate")
    finally:
        up.end()


def make(func: RealTool, templates: Path, directory: Path, template: str) -> Path:
    done = func("create", "-r", f"file://{templates}", "-l", "python", "-t", template, str(directory))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == f"Created python function in {directory}\n"
    return directory


def settle(directory: Path, invoke: str = "cloudevent") -> Path:
    """In the namespace of our broker."""
    file = directory / "func.yaml"
    file.write_text(file.read_text().replace("invoke: cloudevent", f"invoke: {invoke}") + "namespace: cabs\n")
    return directory


def answered(printed: str) -> tuple[list[str], dict[str, object]]:
    """The lines before the data of an event that func prints, and its data."""
    attributes, _, data = printed.partition("Data,\n")
    return attributes.splitlines(), json.loads(data)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_create_makes_of_our_templates_is_what_the_tests_without_func_run(
    func: RealTool, project: Path, tmp_path: Path, template: str
) -> None:
    real_one = make(func, project, tmp_path / "real", template)
    again = created.create(tmp_path / "again", template)
    files = {file.relative_to(again) for file in again.rglob("*") if file.is_file()}
    assert {str(file.relative_to(real_one)) for file in real_one.rglob("*") if file.is_file()} == {
        *map(str, files),
        *ADDED_BY_FUNC,
    }
    for file in files - {Path("func.yaml")}:
        assert (real_one / file).read_bytes() == (again / file).read_bytes()
        assert (real_one / file).stat().st_mode == (again / file).stat().st_mode
    said, expected = (yaml.safe_load((each / "func.yaml").read_text()) for each in (real_one, again))
    assert said | {"created": ""} == expected | {"created": "", "name": "real"}


def test_invoke_wakes_a_step_at_zero_and_prints_the_event_that_it_answers(func: RealTool, mesh: MeshUp) -> None:
    [replicas] = [one["replicas"] for one in mesh.json("status")["functions"] if one["name"] == "calculate-fee"]
    assert replicas == 0
    completed = ride("r-invoke", price="25.00", currency="EUR", completed_at="2026-11-24T12:00:00Z")
    words = ("invoke", "--type", COMPLETED, "--id", "e-invoke", "--data", json.dumps(completed))
    done = func(*words, directory=mesh.root / "functions" / "calculate-fee")
    assert (done.returncode, done.stderr) == (0, "")
    lines, data = answered(done.stdout)
    assert lines[:4] == [
        "Context Attributes,",
        "  specversion: 1.0",
        "  type: cabs.drivers.driver-fee",
        "  source: //cabs/calculate-fee",
    ]
    assert {"  subject: ride/r-invoke", "  datacontenttype: application/json", "Extensions,"} < set(lines)
    assert "  causationid: e-invoke" in lines
    assert data == {"ride_id": "r-invoke", "driver_id": "d-1", "fee": "20.00", "currency": "EUR"}
    assert func(*words, directory=mesh.root / "functions" / "calculate-fee").stdout == done.stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_invoke_gets_the_answer_of_what_create_made(func: RealTool, mesh: MeshUp, template: str) -> None:
    done = func("invoke", "--id", "e-1", directory=mesh.root / "functions" / f"our-{template}")
    assert (done.returncode, done.stderr) == (0, "")
    lines, data = answered(done.stdout)
    assert lines[2:5] == ["  type: example.answered", "  source: /example", "  id: answer-to-e-1"]
    assert data == {"message": "Hello World"}


def test_invoke_of_an_event_asserts_nothing(func: RealTool, mesh: MeshUp) -> None:
    done = func("invoke", "--type", COMPLETED, "--data", "{}", directory=mesh.root / "functions" / "calculate-fee")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_invoke_of_an_http_function_prints_the_body_and_fails_with_its_status(func: RealTool, mesh: MeshUp) -> None:
    plain = mesh.root / "functions" / "plain"
    done = func("invoke", "--format", "http", "--data", "x=1", directory=plain)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "got x=1", "")
    refused = func("invoke", "--data", "no", directory=plain)
    [run] = (plain / ".func" / "runs").iterdir()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: failure invoking 'http://localhost:{run.name}/' (HTTP 400)\n"


def test_invoke_of_a_function_that_nobody_serves_fails(func: RealTool, tmp_path: Path) -> None:
    done = func("invoke", directory=created.create(tmp_path / "unserved", "asgi"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")


def test_the_requests_of_invoke_are_byte_for_byte_those_that_the_tests_without_func_send(
    func: RealTool, tmp_path: Path
) -> None:
    directory = created.create(tmp_path / "any", "asgi")
    with listening() as heard:
        func("invoke", "-t", heard.url, "--id", "e-1", "--type", "a.b", "--data", '{"a": "żółw"}', directory=directory)
        event = func_invoke("e-1", "a.b", '{"a": "żółw"}')
        assert heard.heard == event.timed_like(heard.heard).request(heard.url)
        func("invoke", "-t", heard.url, "-f", "http", "--data", "x=1", directory=directory)
        assert heard.heard == func_invoke_http(heard.url, "x=1")


def test_the_mesh_delivers_to_a_staged_step_that_func_runs(mesh: MeshUp, runs: list[FuncRun]) -> None:
    """Its twin in the mesh shares the inbox with it, and so their answers are one."""
    assert runs[0].ready()["address"] == f"http://{runs[0].address}"
    assert mesh.send_ride(ride("r-run"), "e-run") == 202
    mesh.settled("r-run")
    delivered = eventually(lambda: delivery(mesh, "by-func"))
    assert delivered["attempts"][-1]["status"] == 200
    assert delivered["reply"]["id"] == delivery(mesh, "calculate-fee")["reply"]["id"]


def delivery(mesh: MeshUp, trigger: str) -> Any:
    found = mesh.delivery("e-run", f"cabs/{trigger}")
    return found if found and found["outcome"] == "delivered" else None


def test_what_create_made_is_served_by_run_until_it_is_interrupted(func: RealTool, runs: list[FuncRun]) -> None:
    ours = runs[1]
    ours.ready()
    done = func("invoke", "--id", "e-1", directory=ours.directory)
    assert "  id: answer-to-e-1" in done.stdout
    assert ours.interrupt() == 0
    assert list((ours.directory / ".func" / "runs").iterdir()) == []
