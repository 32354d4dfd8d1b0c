"""The disk fills up, fails or is taken away: producers are told, and nothing that was acknowledged is lost."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from support.mesh import MeshUp, eventually, post
from support.recorder import Recorder, recording
from support.small_disk import SmallDisk, small_disk

BROKER = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: {name}
  namespace: cabs
  annotations: {{eventing.knative.dev/broker.class: {broker_class}}}
spec: {{{config}delivery: {{retry: 1000, backoffPolicy: linear, backoffDelay: PT0.001S}}}}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: {name}, namespace: cabs}}
spec: {{broker: {name}, filter: {{}}, subscriber: {{uri: "{url}"}}}}
"""
CONFIG = "config: {apiVersion: v1, kind: ConfigMap, name: kafka-broker-config, namespace: cabs}, "
DATA = bytes(20_000)
FAILING_FSYNC = Path(__file__).parents[1] / "support" / "failing_fsync.c"


class Site:
    """A broker of each class with a trigger; `acknowledged` are the ids that got a 202, by broker."""

    def __init__(self, root: Path, state: Path, recorder: Recorder, environment: dict[str, str]) -> None:
        (root / "broker").mkdir(parents=True)
        for name, broker_class, config in (("kafka", "Kafka", CONFIG), ("mt", "MTChannelBasedBroker", "")):
            text = BROKER.format(name=name, broker_class=broker_class, config=config, url=recorder.url(name))
            (root / "broker" / f"{name}.yaml").write_text(text)
        self.mesh = MeshUp(root, state, environment)
        self.acknowledged: dict[str, list[str]] = {"kafka": [], "mt": []}
        self.recorder = recorder
        self._numbers = count()

    def send(self, broker: str) -> int:
        event_id = f"e-{next(self._numbers)}"
        headers = {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": "/app", "ce-type": "ride"}
        status, _ = post(f"{self.mesh.url}/cabs/{broker}", DATA, headers)
        if status == 202:
            self.acknowledged[broker].append(event_id)
        return status

    def answers(self) -> tuple[int, int]:
        return self.send("kafka"), self.send("mt")

    def has_delivered_what_it_acknowledged(self) -> bool:
        return all(set(ids) <= set(self.recorder.ids(broker)) for broker, ids in self.acknowledged.items())


Place = Callable[..., Site]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Make the site, its state in the given directory."""
    with recording() as recorder:
        sites = []

        def make(state: Path, **environment: str) -> Site:
            sites.append(Site(tmp_path / "project", state, recorder, environment))
            return sites[-1]

        yield make
        for site in sites:
            site.mesh.end()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=8) as mounted:
        yield mounted


def test_a_full_disk_is_told_to_producers_and_made_good_by_itself(disk: SmallDisk, place: Place) -> None:
    site = place(disk.root / "state")
    site.mesh.start()
    site.recorder.statuses["kafka"] = 503  # what became of the attempts is to be written down, too
    assert site.answers() == (202, 202)
    disk.fill()
    eventually(lambda: site.answers() == (503, 500))
    assert site.answers() == (503, 500)
    disk.free()
    eventually(lambda: site.answers() == (202, 202))
    site.recorder.statuses.clear()
    disk.fill()
    eventually(lambda: site.answers() == (503, 500))
    site.mesh.kill()
    disk.free()
    site.mesh.start()
    eventually(site.has_delivered_what_it_acknowledged)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="a disk that fails is made with gcc")
def test_a_disk_that_cannot_sync_acknowledges_nothing(place: Place, tmp_path: Path) -> None:
    library, failing = tmp_path / "failing.so", tmp_path / "failing"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, FAILING_FSYNC, "-ldl"], check=True)
    site = place(tmp_path / "state", LD_PRELOAD=str(library), FSYNC_FAILS=str(failing))
    site.mesh.start()
    for _ in range(3):
        assert site.answers() == (202, 202)
        failing.touch()
        assert site.answers() == (503, 500)
        failing.unlink()
    assert site.answers() == (202, 202)
    site.mesh.kill()
    site.mesh.start()
    eventually(site.has_delivered_what_it_acknowledged)


def test_a_ledger_that_was_moved_away_acknowledges_nothing_until_it_is_back(place: Place, tmp_path: Path) -> None:
    site = place(tmp_path / "state")
    site.mesh.start()
    ledger, aside = tmp_path / "state" / "ledger.sqlite", tmp_path / "aside"
    ledger.rename(aside)
    assert site.answers() == (503, 500)
    aside.rename(ledger)
    assert site.answers() == (202, 202)
    eventually(site.has_delivered_what_it_acknowledged)


def refusal(site: Site, *wrapper: str) -> tuple[int, str]:
    """Exit status and last words of a mesh that does not come up."""
    state = site.mesh.state
    words = ["up", str(site.mesh.root), "--state", str(state), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
    command = [*wrapper, sys.executable, "-m", "mesh", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr.removeprefix("mesh: ").replace(str(state), "STATE")


def test_what_is_no_ledger_of_this_version_is_refused(place: Place, tmp_path: Path) -> None:
    site = place(tmp_path / "state")
    site.mesh.state.mkdir()
    file = site.mesh.state / "ledger.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 7")
    status, words = refusal(site)
    assert (status, words.partition(":")[0]) == (2, "STATE/ledger.sqlite has ledger format 7, this mesh reads 3")
    file.write_text("shopping list: milk, eggs\n" * 100)
    status, words = refusal(site)
    assert (status, words.partition(" (")[0]) == (2, "STATE/ledger.sqlite is not a ledger")


def test_a_disk_that_is_full_or_may_not_be_written_refuses_the_start_in_a_sentence(
    disk: SmallDisk, place: Place
) -> None:
    site = place(disk.root / "state")
    disk.fill()
    unusable = "STATE cannot be used ({}): choose another with --state\n"
    assert refusal(site) == (1, f"the state directory {unusable.format('No space left on device')}")
    disk.free()
    site.mesh.start().kill()
    disk.fill()
    assert "mesh: STATE/mesh.json.new cannot be written (No space left on device): make room" in refusal(site)[1]
    disk.protect()
    assert refusal(site) == (1, f"the state directory {unusable.format('Read-only file system')}")


@pytest.mark.parametrize(
    ("protected", "why"), [(".", "attempt to write a readonly database"), ("ledger.sqlite", "Permission denied")]
)
def test_a_ledger_that_may_only_be_read_refuses_the_start(
    place: Place, tmp_path: Path, protected: str, why: str
) -> None:
    site = place(tmp_path / "state")
    site.mesh.start().stop()
    (site.mesh.state / protected).chmod(0o555)
    status, words = refusal(site, *bound_by_modes())
    (site.mesh.state / protected).chmod(0o755)
    assert status == 2, words
    assert words.startswith(f"STATE/ledger.sqlite cannot be opened ({why}): choose another")


def bound_by_modes() -> tuple[str, ...]:
    """What goes in front of a command so that even root keeps to the modes of files."""
    if os.getuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not here, and root may write everywhere")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
