"""One run: load and havoc, a while for everything to settle, and what there is to say of it."""

import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from chaos.checker import violations
from chaos.databases import holdings
from chaos.havoc import Havoc
from chaos.history import BrokerClass, History
from chaos.producers import Producers
from chaos.project import project
from chaos.subscribers import ORDERED, SUBSCRIBERS, Subscribers, subscribed
from support.mesh import MeshUp, eventually

PRODUCERS = 6
PAUSE_SECONDS = 0.1  # of each, on the average
SETTLE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    kills: int
    broker_class: BrokerClass


@dataclass(frozen=True, slots=True)
class Run:
    """`output` is what the mesh said, in all its lives."""

    plan: Plan
    done: Counter[str]
    history: History
    violations: list[str]
    output: str


def run(plan: Plan) -> Run:
    """Raises AssertionError when the mesh does not come up or does not settle."""
    chance = random.Random(plan.seed)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as directory, subscribed(chance) as subscribers:
        root = project(Path(directory) / "project", subscribers, plan.broker_class)
        mesh = MeshUp(root, root / ".mesh").start()
        try:
            return _run(mesh, subscribers, chance, plan)
        finally:
            mesh.end()


def _run(mesh: MeshUp, subscribers: Subscribers, chance: random.Random, plan: Plan) -> Run:
    producers = Producers(mesh.broker, plan.seed, PAUSE_SECONDS, lambda: subscribers.taken[ORDERED.trigger])
    havoc = Havoc(mesh, subscribers, chance)
    with producers.running(PRODUCERS):
        havoc.wreak(plan.kills)
    eventually(lambda: mesh.cli("drained").returncode == 0, within=SETTLE_SECONDS, every=1.0)
    held = holdings(mesh)
    assert mesh.stop() == 0
    history = History(SUBSCRIBERS, producers.sends, subscribers.arrivals, havoc.deaths, held, plan.broker_class)
    return Run(plan, havoc.done, history, violations(history), mesh.output())
