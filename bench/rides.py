"""The main job: rides settled a second through all seven steps, and whose CPU time that takes.

`python bench/rides.py [RIDES]`. A copy of the project with its real functions and a real Postgres, one warm replica of
each step. Rides are sent as fast as they are accepted; the time goes on until nothing of them is left.
"""

import http.client
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cpu_time
import events
import msgspec
import sampled
from mesh_process import STATE, Mesh, started
from processes import REPOSITORY
from report import Goal, Machine, Report, Row, Table, keep, show

from mesh.control.shapes import Status

COPIED = ("functions", "broker", "triggers", "templates", "src/cabs", "src/step")
PATH = "/cabs/default"
ROUNDS = 3
WARM_UP_RIDES = 50
DELIVERIES_OF_THE_PROJECTION = 7  # of each ride: completed, fee, invoice, miles, and three notifications
SHARE = 0.25
REMOVED = (
    "The three largest costs that could be removed were Postgres'. In runs that took turns, the mean of two each, "
    "a ride took it 6.1 ms without them, and with one of them put back: 10.5 ms when statements are parsed and "
    "planned with each event, not once a connection; 7.7 ms when asyncpg resets each connection that is given "
    "back; 7.1 ms when each event purges the inbox."
)


@dataclass(frozen=True)
class Round:
    rides: int
    seconds: float
    cpu: Counter[str]


def main(rides: int) -> None:
    with project() as root, started(root) as mesh:
        settle(mesh, root, WARM_UP_RIDES)
        rounds = [one_round(mesh, root, rides) for _ in range(ROUNDS)]
        with sampled.mesh(mesh.process.process.pid) as parts:
            settle(mesh, root, rides)
        all_settled(root, WARM_UP_RIDES + (ROUNDS + 1) * rides)
    tables = [rates(rounds), shares(rounds), *sampled.table(parts)]
    for table in tables:
        show(table)
    share = mesh_share(rounds)
    goal = Goal(what="the mesh's share of the CPU time of a ride", figure=share, most=SHARE)
    keep(Report(bench="rides", command="make bench ARGS=rides", tables=tables, goals=[goal], machine=Machine.this()))


@contextmanager
def project() -> Iterator[Path]:
    """A copy in which each function has one replica, always: replicas that come and go would take their times along."""
    with tempfile.TemporaryDirectory(prefix="rides") as directory:
        root = Path(directory)
        for name in COPIED:
            shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".func"))
        for file in root.glob("functions/*/func.yaml"):
            file.write_text(re.sub(r"\b(min: 0|max: 10)\b", lambda found: f"{found[0][:3]}: 1", file.read_text()))
        environments = REPOSITORY / "build" / "environments"
        environments.mkdir(parents=True, exist_ok=True)
        (root / "build").mkdir()
        (root / "build" / "environments").symlink_to(environments)
        yield root


def one_round(mesh: Mesh, root: Path, rides: int) -> Round:
    pid = mesh.process.process.pid
    before = cpu_time.by_kind(pid)
    seconds = settle(mesh, root, rides)
    used = cpu_time.by_kind(pid)
    used.subtract(before)
    return Round(rides, seconds, used)


def settle(mesh: Mesh, root: Path, rides: int) -> float:
    """Send so many rides, and wait until all are done; answers the seconds."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", mesh.port, timeout=30)
    for number in range(rides):
        send(connection, number)
    connection.close()
    subprocess.run(command(root, "drained", "--wait", "PT5M"), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def send(connection: http.client.HTTPConnection, number: int) -> None:
    ride_id = f"r-{uuid.uuid4().hex}"
    ride = {"ride_id": ride_id, "passenger_id": f"p-{number % 100}", "driver_id": "d-1"}
    body = json.dumps(ride | {"distance_km": "8.4", "duration_min": 17})
    attributes = {"specversion": "1.0", "id": ride_id, "source": "//cabs/bench", "type": events.TYPE}
    headers = {"content-type": "application/json", **{f"ce-{name}": value for name, value in attributes.items()}}
    connection.request("POST", PATH, body, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 202:
        raise SystemExit(f"a ride was answered {answer.status}")


def all_settled(root: Path, rides: int) -> None:
    answered = subprocess.run(command(root, "status", "-o", "json"), check=True, capture_output=True).stdout
    triggers = msgspec.json.decode(answered, type=Status).triggers
    learnt = next(trigger.delivered for trigger in triggers if trigger.name == "ride-status")
    if learnt != rides * DELIVERIES_OF_THE_PROJECTION or any(trigger.dead for trigger in triggers):
        raise SystemExit(f"{rides} rides gave ride-status {learnt} facts, not {DELIVERIES_OF_THE_PROJECTION} each")


def command(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "mesh", *words, "--state", str(root / STATE)]


def rates(rounds: list[Round]) -> Table:
    rates = [one.rides / one.seconds for one in rounds]
    figures: list[float | None] = [min(rates), statistics.median(rates), max(rates)]
    columns = ["least", "median", "most"]
    title = f"Rides settled a second, {len(rounds)} rounds of {rounds[0].rides}"
    return Table(title=title, columns=columns, rows=[Row("rides/s", figures)])


def shares(rounds: list[Round]) -> Table:
    used = summed(rounds)
    rides, total = sum(one.rides for one in rounds), sum(used.values())
    rows = [Row(kind, [ms / rides, ms / total * 100]) for kind, ms in used.most_common()]
    whole = Row("all", [total / rides, 100])
    return Table(title="CPU time of a ride", columns=["ms", "%"], rows=[*rows, whole], note=REMOVED)


def mesh_share(rounds: list[Round]) -> float:
    used = summed(rounds)
    return used[cpu_time.MESH] / sum(used.values())


def summed(rounds: list[Round]) -> Counter[str]:
    used: Counter[str] = Counter()
    for one in rounds:
        used.update(one.cpu)
    return used


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 300)
