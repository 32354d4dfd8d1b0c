"""What a forked replica has in common with a spawned one, and what happens without its parent."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import aiohttp
import pytest
from aiohttp import web

from mesh.clock import SystemClock
from mesh.functions.background import background
from mesh.functions.hosting import Hosting, hosting
from mesh.functions.layouts import Layout
from mesh.functions.starting import Starting, spawning
from mesh.functions.terminal import Terminal
from mesh.functions.warm import parent
from mesh.functions.warm.runtime import Runtime
from mesh.functions.warm.starter import warm_starter
from mesh.options import UpOptions
from support.small_project import SmallProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="replicas are forked on Linux alone")

KEY = "demo/hello"
TRACE = "0af7651916cd43dd8448eb211c80319c"
TELLS = """
import json, os, sys
def told():
    parent = {"parent": os.getppid()}
    groups = {"session": os.getsid(0) == os.getpid(), "group": os.getpgid(0) == os.getpid()}
    standard = [os.path.basename(os.readlink(f"/proc/self/fd/{number}")).split(":")[0] for number in (0, 1, 2)]
    told = {"environment": dict(os.environ), "directory": os.getcwd(), "first": sys.path[0], "standard": standard}
    return json.dumps(told | groups | parent)
"""
ENTRIES: Mapping[Layout, str] = {
    "parliament": "def main(context):\n    return told(), 200\n",
    "asgi": """
async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": told().encode()})
class Function:
    handle = staticmethod(handle)
new = Function
""",
}
FAMILY = 'import os\ndef main(context):\n    return f"{os.getpid()} {os.getppid()}", 200\n'

CHILDREN_OF_THIS = Path(f"/proc/self/task/{os.getpid()}/children")
CHILDREN = """
import os
def main(context):
    parent = os.getppid()
    return open(f"/proc/{parent}/task/{parent}/children").read(), 200
"""


@asynccontextmanager
async def hosted(
    small: SmallProject, starting: Starting, output: io.StringIO, layout: Layout = "parliament"
) -> AsyncIterator[Hosting]:
    options = UpOptions(small.root, small.state, layout=layout)
    async with hosting(
        small.project, options, "http://127.0.0.1:9", SystemClock(), terminal=Terminal(output), starting=starting
    ) as functions:
        yield functions


async def told(small: SmallProject, starting: Starting, layout: Layout) -> str:
    async with (
        hosted(small, starting, io.StringIO(), layout) as functions,
        functions.replica(KEY) as url,
        aiohttp.ClientSession() as client,
        client.get(url) as answer,
    ):
        return await answer.text()


@pytest.mark.parametrize("layout", get_args(Layout))
async def test_a_forked_replica_finds_what_a_spawned_one_finds(tmp_path: Path, layout: Layout) -> None:
    small = SmallProject(tmp_path / "project")
    small.source.write_text(TELLS + ENTRIES[layout])
    spawned, forked = [json.loads(await told(small, way, layout)) for way in (spawning, warm_starter)]
    assert spawned.pop("parent") == os.getpid() != forked.pop("parent")
    for found in (spawned, forked):
        for name in ("PORT", "PWD", "_", "SHLVL", "OLDPWD", "PYTHONPATH"):  # the shell's; opentelemetry-instrument's
            found["environment"].pop(name, None)
    assert forked == spawned
    assert forked["session"]
    assert forked["standard"] == ["null", "pipe", "pipe"]


@pytest.mark.parametrize("starting", [spawning, warm_starter], ids=["spawned", "forked"])
async def test_an_event_is_a_span_of_the_function_below_its_senders(
    tmp_path: Path, starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = list[bytes]()

    async def take(request: web.BaseRequest) -> web.Response:
        exported.append(await request.read())
        return web.Response()

    collector = web.ServerRunner(web.Server(take))
    await collector.setup()
    await web.TCPSite(collector, "127.0.0.1", 0).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.addresses[0][1]}")
    async with hosted(SmallProject(tmp_path / "project"), starting, io.StringIO()) as functions:
        headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        async with aiohttp.ClientSession() as client, client.post(functions.url(KEY), headers=headers) as answer:
            assert answer.status == 200
    spans = b"".join(exported)  # sent when the replica stops
    await collector.cleanup()
    assert spans.count(bytes.fromhex(TRACE)) == 1
    assert b"POST /" in spans
    assert b"service.name\x12\x07\n\x05hello" in spans
    assert b"/health" not in spans


async def test_what_telemetry_cannot_do_is_in_the_functions_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "nonsense")
    small, output = SmallProject(tmp_path / "project"), io.StringIO()
    async with hosted(small, warm_starter, output) as functions, functions.replica(KEY):
        pass
    assert "Requested component 'nonsense' not found" in output.getvalue()


async def test_replicas_end_with_their_parent_and_the_next_one_has_a_new_parent(tmp_path: Path) -> None:
    small, output = SmallProject(tmp_path / "project"), io.StringIO()
    small.source.write_text(FAMILY)
    async with hosted(small, warm_starter, output) as functions, aiohttp.ClientSession() as client:
        async with client.get(functions.url(KEY)) as answer:
            first, its_parent = (await answer.text()).split()
        os.kill(int(its_parent), signal.SIGKILL)
        async with asyncio.timeout(30):
            while "ended (status -9)" not in output.getvalue():  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.02)
        async with client.get(functions.url(KEY)) as answer:
            second, its_parent_now = (await answer.text()).split()
    assert second != first
    assert its_parent_now not in {its_parent, str(os.getpid())}


async def test_without_a_parent_replicas_are_spawned_which_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "program.py"
    broken.write_text("raise SystemExit('it does not work here')\n")
    monkeypatch.setattr(parent, "PROGRAM", broken)
    small, output = SmallProject(tmp_path / "project"), io.StringIO()
    small.source.write_text(FAMILY)
    async with hosted(small, warm_starter, output) as functions, aiohttp.ClientSession() as client:
        for _ in range(2):
            async with client.get(functions.url(KEY)) as answer:
                pid, its_parent = (await answer.text()).split()
            assert its_parent == str(os.getpid())
            os.kill(int(pid), signal.SIGKILL)
            await asyncio.sleep(0.5)
    assert output.getvalue().count("replicas are spawned, which is slower") == 1
    assert "it does not work here" in output.getvalue()


async def test_no_spare_outlives_the_mesh(tmp_path: Path) -> None:
    small = SmallProject(tmp_path / "project")
    small.source.write_text(CHILDREN)
    async with (
        hosted(small, warm_starter, io.StringIO()) as functions,
        functions.replica(KEY) as url,
        aiohttp.ClientSession() as client,
    ):
        pids: list[str] = []
        while len(pids) < 2:
            async with client.get(url) as answer:
                pids = (await answer.text()).split()
    async with asyncio.timeout(30):
        while any(map(exists, pids)):  # noqa: ASYNC110 - the kernel ends them
            await asyncio.sleep(0.02)


async def test_a_parent_that_is_called_off_while_it_starts_is_ended() -> None:
    needed = Runtime(Path(sys.executable), "parliament", instrumented=False, environment=frozenset())
    async with background() as tasks, asyncio.timeout(30):
        starting = asyncio.create_task(parent.start(needed, tasks))
        while not (pids := warm_parents()):  # noqa: ASYNC110 - a process comes up
            await asyncio.sleep(0.01)
        starting.cancel()
        await asyncio.wait([starting])
        assert not any(map(exists, pids))


def warm_parents() -> list[str]:
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in CHILDREN_OF_THIS.read_text().split()}
    return [pid for pid, line in words.items() if str(parent.PROGRAM).encode() in line]


def exists(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()
