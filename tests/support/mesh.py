"""A real mesh in a process of its own, on a copy of the project, driven as a user would."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
COPIED = ("functions", "broker", "triggers", "sources", "templates", "src/cabs", "src/step")
SETTLE_SECONDS = 60.0
COMMAND = "cabs.rides.complete-ride"


def copied_project(target: Path) -> Path:
    """Copy what `mesh up` reads; the layouts' environments, made once a checkout, are shared."""
    for name in COPIED:
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".func"))
    environments = REPOSITORY / "build" / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    (target / "build").mkdir()
    (target / "build" / "environments").symlink_to(environments)
    return target


def eventually(question: Callable[[], Any], *, within: float = SETTLE_SECONDS, every: float = 0.05) -> Any:
    """Ask until the answer is true and return it; fails with the last answer."""
    deadline = time.monotonic() + within
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {within:g} s: the last answer was {answer!r}"
        time.sleep(every)
    return answer


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """POST and return status and body, whatever the status."""
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def get(url: str) -> tuple[int, Any]:
    """GET and return status and decoded JSON."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def ride(ride_id: str, **other: Any) -> dict[str, Any]:
    """A ride of 12.5 km and 25 minutes: price 25.00, fee 20.00, 7 miles."""
    sample = {"passenger_id": "p-1", "driver_id": "d-1", "distance_km": "12.5", "duration_min": 25}
    return {"ride_id": ride_id, **sample, **other}


def processes_naming(text: str) -> list[str]:
    """Command lines of living processes that mention a path, this one's children and orphans alike."""
    found = []
    for directory in Path("/proc").iterdir():
        try:
            words = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            dead = "Z" in (directory / "stat").read_text().rpartition(")")[2].split()[:1]
        except (OSError, IndexError):
            continue
        if directory.name.isdigit() and int(directory.name) != os.getpid() and text in words and not dead:
            found.append(f"{directory.name}: {words}")
    return found


class MeshUp:
    """`mesh up` on a project; a stopped one can be started again on the same state."""

    def __init__(self, root: Path, state: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.state = state
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._log = state.with_name(state.name + ".log")

    def start(self, *flags: str) -> "MeshUp":
        words = [
            "up",
            str(self.root),
            "--state",
            str(self.state),
            "--listen",
            "127.0.0.1:0",
            "--console",
            "127.0.0.1:0",
        ]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mesh", *words, *flags],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
            )
        self.url = self._ready_url()
        self.ready_at = time.monotonic()
        self.broker = f"{self.url}/cabs/default"
        return self

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process is not None
        return self._process

    @property
    def receiver(self) -> int:
        """The process that takes its events in."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        return next(int(one) for one in children if b"mesh.receiver" in Path(f"/proc/{one}/cmdline").read_bytes())

    def output(self) -> str:
        return self._log.read_text()

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self._close()
        return status

    def kill(self) -> None:
        """SIGKILL: no chance to put anything in order."""
        self.process.kill()
        self.process.wait(timeout=10)
        self._close()

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def cli(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a `mesh` command against this mesh."""
        command = [sys.executable, "-m", "mesh", *words, "--state", str(self.state)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )

    def json(self, *words: str) -> Any:
        done = self.cli(*words, "-o", "json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def send_ride(self, data: Mapping[str, Any], event_id: str, **headers: str) -> int:
        binary = {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": "/app", "ce-type": COMMAND}
        return post(self.broker, json.dumps(data).encode(), {**binary, "content-type": "application/json", **headers})[
            0
        ]

    def function_url(self, name: str) -> str:
        functions = self.json("status")["functions"]
        url: str = next(function["url"] for function in functions if function["name"] == name)
        return url.rstrip("/")

    def ride_status(self, ride_id: str) -> dict[str, Any] | None:
        status, answer = get(f"{self.function_url('ride-status')}/?ride_id={ride_id}")
        return answer if status == 200 else None

    def settled(self, ride_id: str, within: float = SETTLE_SECONDS) -> dict[str, Any]:
        """Wait until the ride has settled, and return what ride-status answers."""
        url = f"{self.function_url('ride-status')}/?ride_id={ride_id}"

        def answer() -> dict[str, Any] | None:
            status, body = get(url)
            return body if status == 200 and body["state"] == "settled" else None

        settled: dict[str, Any] = eventually(answer, within=within, every=0.2)
        return settled

    def delivery(self, event_id: str, trigger: str) -> dict[str, Any] | None:
        """The named trigger's delivery anywhere in an event's tree, as `mesh trace` tells it."""
        done = self.cli("trace", event_id, "-o", "json")
        return _find(json.loads(done.stdout)["events"], trigger) if done.returncode == 0 else None

    def delivery_of(self, event_id: str, trigger: str) -> dict[str, Any] | None:
        """The named trigger's dealings with the event itself, whether it matched or not."""
        done = self.cli("trace", event_id, "-o", "json")
        events = json.loads(done.stdout)["events"] if done.returncode == 0 else []
        deliveries = (delivery for event in events for delivery in event["deliveries"])
        return next((delivery for delivery in deliveries if delivery["trigger"] == trigger), None)

    def _ready_url(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self._close()
        assert line.startswith("ready "), f"mesh up did not come up:\n{self.output()}"
        return line.split()[1]

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()


def _find(events: list[dict[str, Any]], trigger: str) -> dict[str, Any] | None:
    for event in events:
        for delivery in event["deliveries"]:
            if delivery["trigger"] == trigger and delivery["outcome"] != "not_matched":
                found: dict[str, Any] = delivery
                return found
            below = [reply for reply in (delivery["reply"], delivery["sink_reply"]) if reply]
            if below and (deeper := _find(below, trigger)):
                return deeper
    return None
