"""How replicas end: with their requests, alone, and with the mesh."""

import asyncio
import io
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from support.small_hosting import KEY, alive, becomes, hosted, text
from support.small_project import REPOSITORY, SmallProject

MESH = """
import asyncio, sys
from pathlib import Path
from mesh.clock import SystemClock
from mesh.functions import starting
from mesh.functions.hosting import hosting
from mesh.options import UpOptions
from support.small_project import SmallProject

async def main():
    small = SmallProject(Path(sys.argv[1]))
    options = UpOptions(small.root, small.state)
    way = getattr(starting, sys.argv[2])
    async with hosting(small.project, options, "http://127.0.0.1:9", SystemClock(), starting=way) as functions:
        async with functions.replica("demo/hello") as url:
            print(url, flush=True)
            await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_request_in_flight_ends_when_the_mesh_stops(small: SmallProject, client: aiohttp.ClientSession) -> None:
    async with hosted(small) as functions:
        async with functions.replica(KEY) as url:
            await text(client, url)
        slow = asyncio.create_task(text(client, url + "/?sleep=6"))  # longer than waitress itself would wait
        await asyncio.sleep(0.5)
    assert (await slow).startswith("one")


async def test_a_replica_killed_mid_request_fails_that_request_only(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    output = io.StringIO()
    async with hosted(small, output) as functions:
        pid = int((await text(client, functions.url(KEY))).split()[1])
        slow = asyncio.create_task(client.post(functions.url(KEY) + "/?sleep=30"))
        await asyncio.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        async with await slow as answer:
            assert answer.status == 502
        await becomes(lambda: "ended (status -9); its requests in flight failed" in output.getvalue())
        replaced = await text(client, functions.url(KEY))
        assert replaced.startswith("one")
        assert not replaced.endswith(str(pid))


@pytest.fixture
def test_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    places = (REPOSITORY / "tests", REPOSITORY / "src")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, places)))


@pytest.mark.usefixtures("test_modules")
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent death signal")
@pytest.mark.parametrize("way", ["spawning", "warm_starter"])
async def test_no_replica_outlives_a_mesh_that_is_killed(
    tmp_path: Path, way: str, client: aiohttp.ClientSession
) -> None:
    mesh = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MESH, str(tmp_path / "project"), way, stdout=asyncio.subprocess.PIPE
    )
    assert mesh.stdout is not None
    url = (await mesh.stdout.readline()).decode().strip()
    pid = int((await text(client, url)).split()[1])
    mesh.kill()
    await mesh.wait()
    await becomes(lambda: not alive(pid))
