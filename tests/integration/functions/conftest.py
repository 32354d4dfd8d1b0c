"""A small function to host, in both ways to start it; no test of hosting runs in the checkout."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from mesh.functions.starting import Starting, spawning
from mesh.functions.warm.starter import warm_starter
from support.small_project import SmallProject

linux = pytest.mark.skipif(sys.platform != "linux", reason="replicas are forked on Linux alone")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path_factory.mktemp("cwd")
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture(params=[spawning, pytest.param(warm_starter, marks=linux)], ids=["spawned", "forked"])
def starting(request: pytest.FixtureRequest) -> Starting:
    """All of this holds for both ways to start a replica."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def small(tmp_path: Path, starting: Starting) -> SmallProject:
    return SmallProject(tmp_path / "project", starting=starting)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session
