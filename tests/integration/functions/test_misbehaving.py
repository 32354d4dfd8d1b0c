"""Functions that misbehave: each is contained and named, and the mesh goes on."""

import asyncio
import io
import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from mesh.errors import StartFailed
from mesh.functions import liveness
from mesh.functions.child import LONGEST_LINE
from mesh.functions.logs import KEPT_LINES
from mesh.functions.memory import own_bytes
from mesh.manifests.revision import Probes
from support.small_hosting import KEY, alive, becomes, hosted, text
from support.small_project import FUNCTION, SmallProject

MEBI = 2**20
ROOM = 64 * MEBI
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

LISTENS_ON_NOTHING = """
import os, time
print(os.getpid(), flush=True)
while True:
    time.sleep(60)
"""
PRINTS_WITHOUT_END = """
import os, threading
def flood():
    while True:
        os.write(1, b"y\\n" * 1000)
threading.Thread(target=flood, daemon=True).start()
def main(context):
    return "answered", 200
"""
ONE_LONG_LINE = """
import os
def main(context):
    for _ in range(100):
        os.write(1, b"y" * 2**20)
    os.write(1, b"\\nthe end\\n")
    return "answered", 200
"""
IGNORES_SIGTERM = f"""
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
{FUNCTION}
"""
HAS_A_CHILD = """
import os, subprocess
child = subprocess.Popen(["sleep", "1000"])
def main(context):
    return f"{os.getpid()} {child.pid}", 200
"""
LEAKS = """
import os
leaked = []
def main(context):
    if "leak" in context.request.args:
        leaked.append(b"x" * 200 * 2**20)
    return str(os.getpid()), 200
"""


@pytest.fixture
def small(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path / "project")


async def words(small: SmallProject, client: aiohttp.ClientSession, url: str) -> list[int]:
    return [int(word) for word in (await text(client, url)).split()]


async def test_one_that_listens_on_nothing_fails_its_start_in_time(small: SmallProject) -> None:
    small.source.write_text(LISTENS_ON_NOTHING)
    small.function = replace(small.function, probes=Probes(start_timeout=timedelta(seconds=1)))
    async with hosted(small) as functions:
        late = r"(?s)function hello was not ready within 1 s \(run\.startTimeout in func\.yaml\); it said:\n(\d+)"
        with pytest.raises(StartFailed, match=late) as failed:
            async with functions.replica(KEY):
                pass
        pid = int(str(failed.value).splitlines()[-1])
        await becomes(lambda: not alive(pid))
        assert "was not ready" in (functions.status()[0].failure or "")


@linux
async def test_one_that_prints_without_end_takes_neither_memory_nor_turns(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    small.source.write_text(PRINTS_WITHOUT_END)
    async with hosted(small) as functions:
        assert await text(client, functions.url(KEY)) == "answered"
        before = own_bytes(Path("/proc/self"))
        for _ in range(50):
            assert await text(client, functions.url(KEY)) == "answered"
            await asyncio.sleep(0.02)
        assert own_bytes(Path("/proc/self")) - before < ROOM
        lines = [line.line async for line in functions.logs("hello", follow=False)]
    assert len(lines) == KEPT_LINES


@linux
async def test_a_hundred_megabytes_in_one_line_are_cut(small: SmallProject, client: aiohttp.ClientSession) -> None:
    small.source.write_text(ONE_LONG_LINE)
    async with hosted(small) as functions:
        before = own_bytes(Path("/proc/self"))
        assert await text(client, functions.url(KEY)) == "answered"
        assert own_bytes(Path("/proc/self")) - before < ROOM
        logs = functions.logs("hello", follow=True)
        lines = [(await anext(logs)).line for _ in range(2)]
    assert lines == ["y" * LONGEST_LINE, "the end"]


async def test_one_that_ignores_sigterm_is_killed_and_named(small: SmallProject, client: aiohttp.ClientSession) -> None:
    output = io.StringIO()
    small.source.write_text(IGNORES_SIGTERM)
    async with hosted(small, output, grace_seconds=0.3) as functions:
        pid = int((await text(client, functions.url(KEY))).split()[1])
    assert not alive(pid)
    assert "replica hello-00001-1 had not ended 0.3 s after SIGTERM and was killed" in output.getvalue()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_what_a_replica_has_started_ends_with_it(
    small: SmallProject, client: aiohttp.ClientSession, number: signal.Signals
) -> None:
    small.source.write_text(HAS_A_CHILD)
    async with hosted(small) as functions:
        pid, child = await words(small, client, functions.url(KEY))
        assert alive(child)
        os.kill(pid, number)
        await becomes(lambda: not alive(child))


@linux
async def test_one_that_leaks_is_replaced_with_the_figures(small: SmallProject, client: aiohttp.ClientSession) -> None:
    output, changes = io.StringIO(), list[str]()
    small.source.write_text(LEAKS)
    small.function = replace(small.function, memory_bytes=150 * MEBI)
    async with hosted(small, output, tell=lambda what, detail: changes.append(f"{what} {detail}")) as functions:
        (pid,) = await words(small, client, functions.url(KEY))
        await text(client, functions.url(KEY) + "/?leak=")
        await becomes(lambda: "hello-00001-1 was OOMKilled at 2" in output.getvalue())
        assert "MiB: its limit is 150 MiB (resources.limits.memory in func.yaml)" in output.getvalue()
        await becomes(lambda: not alive(pid))
        assert await words(small, client, functions.url(KEY)) != [pid]
    assert changes[0].startswith("function hello scales 0 → 1 (1 in flight on average, target 70)")
    assert changes[1].startswith("replica hello-00001-1 ready (")
    assert changes[2].startswith("replica hello-00001-1 was OOMKilled")


async def test_one_that_answers_no_more_is_replaced(
    small: SmallProject, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "PERIOD_SECONDS", 0.1)
    monkeypatch.setattr(liveness, "TIMEOUT_SECONDS", 0.1)
    output = io.StringIO()
    async with hosted(small, output, grace_seconds=0.2) as functions, asyncio.TaskGroup() as tasks:
        first = await text(client, functions.url(KEY))
        for _ in range(4):  # all of the server's threads
            tasks.create_task(text(client, functions.url(KEY) + "/?sleep=2"))
        lost = "hello-00001-1 failed its liveness probe 3 times in a row (GET /health/liveness: no answer within 0.1 s)"
        await becomes(lambda: lost in output.getvalue())
        assert await text(client, functions.url(KEY)) != first
