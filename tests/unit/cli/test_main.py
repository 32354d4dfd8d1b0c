"""The command line's edges: help, exit statuses, manifests, closed pipes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command_line import Command
from support.operations import InMemoryOperations, served
from support.project_directory import ProjectDirectory

COMMANDS = ("up", "check", "status", "send", "watch", "trace", "explain", "drained", "dead-letters", "fault", "logs")
BROKEN = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: invoice, namespace: cabs}
spec: {broker: default, subscriber: {uri: "http://127.0.0.1:7/"}, surprise: true}
"""


def test_mesh_alone_prints_its_commands(run: Command) -> None:
    said = run()

    assert said.status == 0
    for name in COMMANDS:
        assert f"\n    {name} " in said.out or f"\n    {name}\n" in said.out


@pytest.mark.parametrize("arguments", [["--bogus"], ["status", "--bogus"], ["bogus"], ["status", "--stat", "x"]])
def test_what_is_unknown_is_wrong_usage(run: Command, arguments: list[str]) -> None:
    said = run(*arguments)

    assert said.status == 2
    assert said.err.startswith("mesh: ")
    assert "--help" in said.err


def test_a_missing_mesh_is_told_with_the_remedy(run: Command, tmp_path: Path) -> None:
    said = run("status", "--state", str(tmp_path))

    assert said.status == 1
    assert said.err == (
        f"mesh: no mesh runs with the state directory {tmp_path}: "
        "start one with `mesh up`, or name its state directory with --state DIR\n"
    )


def test_check_lists_every_problem(run: Command, tmp_path: Path) -> None:
    (tmp_path / "triggers").mkdir()
    (tmp_path / "triggers" / "invoice.yaml").write_text(BROKEN)

    said = run("check", str(tmp_path))
    document = json.loads(run("check", str(tmp_path), "-o", "json").out)

    assert said.status == 2
    assert [line for line in said.out.splitlines() if line.startswith("triggers/invoice.yaml:4: ")]
    assert said.err == f"mesh: {len(document['problems'])} problems in {tmp_path}\n"
    assert document["problems"][0].keys() == {"file", "line", "message"}


ASKING = """\
specVersion: 0.36.0
name: invoice
runtime: python
namespace: cabs
created: 2026-01-31T12:00:00Z
run:
  envs:
    - {name: DATABASE_URL, value: '{{ secret:database:url }}'}
    - {name: SMTP_URL, value: '{{ secret:mail:url }}'}
    - {name: TARIFF, value: '{{ configMap:tariff:base }}'}
    - {name: REGION, value: '{{ env:CABS_REGION }}'}
    - {value: '{{ secret:everything }}'}
"""
NEEDS = [
    "9: SMTP_URL has no value: set the environment variable SMTP_URL, or secret.mail.url in local.secrets.yaml",
    "10: TARIFF has no value: set the environment variable TARIFF, or configMap.tariff.base in local.secrets.yaml",
    "11: REGION has no value: set the environment variable REGION or CABS_REGION",
    "12: secret.everything has no value: put its keys into local.secrets.yaml",
]


@pytest.fixture
def asking(tmp_path: Path) -> ProjectDirectory:
    project = ProjectDirectory(tmp_path)
    project.write("functions/invoice/func.yaml", ASKING)
    return project


def test_check_tells_at_once_all_that_up_will_miss_and_calls_the_project_valid(
    run: Command, asking: ProjectDirectory
) -> None:
    said = run("check", str(asking.root))
    document = json.loads(run("check", str(asking.root), "-o", "json").out)

    lines = [line for line in said.out.splitlines() if line.startswith("needs: ")]
    assert (said.status, lines) == (0, [f"needs: functions/invoice/func.yaml:{need}" for need in NEEDS])
    assert said.out.splitlines()[-1].endswith("are valid")
    assert [f"{need['line']}: {need['message']}" for need in document["needs"]] == NEEDS


def test_check_needs_nothing_that_is_here(
    run: Command, asking: ProjectDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CABS_REGION", "north")
    asking.write(
        "local.secrets.yaml", "secret: {mail: {url: s3cret}, everything: {}}\nconfigMap: {tariff: {base: 2.50}}\n"
    )
    said = run("check", str(asking.root))
    assert (said.status, "needs" in said.out, "s3cret" in said.out) == (0, False, False)


def test_check_lists_what_is_wrong_with_the_local_values_beside_the_rest(
    run: Command, asking: ProjectDirectory
) -> None:
    asking.write("local.secrets.yaml", "secret: {mail: {url: s3cret")
    asking.edit("triggers/invoice.yaml", "broker: default", "broker: main")
    said = run("check", str(asking.root))
    assert said.status == 2
    assert "local.secrets.yaml:1: not YAML" in said.out.splitlines()
    assert said.err == f"mesh: 2 problems in {asking.root}\n"


def test_check_of_a_missing_directory_is_told(run: Command) -> None:
    said = run("check", "/nowhere/at/all")

    assert said.status == 2
    assert "/nowhere/at/all" in said.out


def test_a_closed_pipe_is_silent(operations: InMemoryOperations) -> None:
    with served(operations) as url:
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, "-m", "mesh", "status", "--mesh", url]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=20, check=False)
        os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [["status"], ["dead-letters", "list"]])
def test_an_output_that_takes_no_more_is_told(operations: InMemoryOperations, arguments: list[str]) -> None:
    with served(operations) as url, Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "mesh", *arguments]
        environ = {**os.environ, "MESH_URL": url}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=20, check=False, env=environ)

    assert (done.returncode, done.stderr) == (1, b"mesh: cannot write the output: No space left on device\n")


@pytest.fixture
def sigint_taken() -> Iterator[None]:
    """As from a terminal: what a shell starts in the background ignores it, and hands that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_taken")
def test_a_stream_ends_quietly_on_ctrl_c(operations: InMemoryOperations) -> None:
    with served(operations) as url:
        command = [sys.executable, "-m", "mesh", "logs", "invoice", "-f", "--mesh", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as follower:
            assert follower.stdout is not None
            assert follower.stderr is not None
            assert follower.stdout.readline() == b"invoice-1 | up\n"
            follower.send_signal(signal.SIGINT)
            assert (follower.wait(20), follower.stderr.read()) == (130, b"")
