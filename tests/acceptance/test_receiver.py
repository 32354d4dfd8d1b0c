"""The mesh and its receiver: two processes that users see as one."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.mesh import MeshUp, eventually, post

BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {{name: {name}, namespace: cabs, annotations: {{eventing.knative.dev/broker.class: Kafka}}}}
"""
EVENT = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/app", "ce-type": "ride"}


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[MeshUp]:
    (tmp_path / "broker").mkdir()
    broker(tmp_path, "default")
    up = MeshUp(tmp_path, tmp_path / ".mesh")
    yield up
    up.end()


def broker(root: Path, name: str) -> None:
    (root / "broker" / f"{name}.yaml").write_text(BROKER.format(name=name))


def running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_killed_mesh_takes_its_receiver_with_it_and_leaves_the_port_free(mesh: MeshUp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    mesh.start("--listen", listen)
    receiver = mesh.receiver
    os.kill(receiver, signal.SIGSTOP)  # which reads no end of its link
    mesh.kill()
    eventually(lambda: not running(receiver), within=10)
    mesh.start("--listen", listen)
    assert post(mesh.broker, b"", EVENT)[0] == 202


def test_a_killed_receiver_is_replaced_and_the_mesh_goes_on(mesh: MeshUp) -> None:
    mesh.start()
    os.kill(mesh.receiver, signal.SIGKILL)
    eventually(lambda: "the receiver ended (status -9); the next one starts in 1 s" in mesh.output())
    assert post(mesh.broker, b"", EVENT)[0] == 202
    assert mesh.stop() == 0


def test_a_stopped_mesh_stops_its_receiver(mesh: MeshUp) -> None:
    mesh.start()
    receiver = mesh.receiver
    assert mesh.stop() == 0
    assert not running(receiver)


def test_ctrl_c_is_not_the_receivers(mesh: MeshUp) -> None:
    """A terminal sends it to all processes of the mesh's group, and answers are owed yet."""
    mesh.start()
    assert os.getpgid(mesh.receiver) != os.getpgid(mesh.process.pid)


def test_a_broker_that_is_added_takes_events(mesh: MeshUp) -> None:
    mesh.start()
    assert post(f"{mesh.url}/cabs/late", b"", EVENT)[0] == 404
    broker(mesh.root, "late")
    eventually(lambda: "late" in {one["name"] for one in mesh.json("status")["brokers"]})
    eventually(lambda: post(f"{mesh.url}/cabs/late", b"", EVENT)[0] == 202, within=10)
    (mesh.root / "broker" / "late.yaml").unlink()
    eventually(lambda: post(f"{mesh.url}/cabs/late", b"", EVENT)[0] == 404, within=10)
