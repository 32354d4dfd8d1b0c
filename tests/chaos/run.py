"""One run: load and havoc, a while for everything to settle, and what there is to say of it."""

import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from chaos.checker import violations
from chaos.databases import holdings
from chaos.havoc import Havoc
from chaos.history import History
from chaos.producers import Producers
from chaos.project import project
from chaos.subscribers import ORDERED, SUBSCRIBERS, Subscribers, subscribed
from support.mesh import MeshUp, eventually

PRODUCERS = 6
PAUSE_SECONDS = 0.1  # of each, on the average
SETTLE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Run:
    """`output` is what the mesh said, in all its lives."""

    seed: int
    done: Counter[str]
    history: History
    violations: list[str]
    output: str


def run(seed: int, kills: int) -> Run:
    """Raises AssertionError when the mesh does not come up or does not settle."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as directory, subscribed(chance) as subscribers:
        root = project(Path(directory) / "project", subscribers)
        mesh = MeshUp(root, root / ".mesh").start()
        try:
            return _run(mesh, subscribers, chance, seed, kills)
        finally:
            mesh.end()


def _run(mesh: MeshUp, subscribers: Subscribers, chance: random.Random, seed: int, kills: int) -> Run:
    producers = Producers(mesh.broker, seed, PAUSE_SECONDS, lambda: subscribers.taken[ORDERED.trigger])
    havoc = Havoc(mesh, subscribers, chance)
    with producers.running(PRODUCERS):
        havoc.wreak(kills)
    eventually(lambda: mesh.cli("drained").returncode == 0, within=SETTLE_SECONDS, every=1.0)
    held = holdings(mesh)
    assert mesh.stop() == 0
    history = History(SUBSCRIBERS, producers.sends, subscribers.arrivals, havoc.deaths, held)
    return Run(seed, havoc.done, history, violations(history), mesh.output())
