"""An activator on a clock that a test turns. No test of hosting runs in the checkout: all are in temporary places."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mesh.functions.activator import Activator
from mesh.functions.background import background
from mesh.functions.replicas import Surroundings
from support.hosted import SCALE, Rig, StarterDouble, TurnedClock, launch, watched


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path_factory.mktemp("cwd")
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    starter, clock, reports, changes = StarterDouble(), TurnedClock(), list[str](), list[tuple[str, str]]()
    async with background() as tasks:
        around = Surroundings(starter, clock, tasks, reports.append, lambda *change: changes.append(change), watched)  # type: ignore[arg-type]
        activator = Activator(launch(), SCALE, around)
        tasks.create_task(activator.run(), name="scale")
        yield Rig(activator, starter, clock, reports, changes)
