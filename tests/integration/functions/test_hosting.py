"""Real replicas of a small function: started, reached, stopped, replaced, killed."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from mesh.clock import SystemClock
from mesh.errors import NotFound, StartFailed
from mesh.functions import staging
from mesh.functions.hosting import Hosting, hosting
from mesh.functions.staging import LEFT_OUT
from mesh.functions.starting import Starting, spawning
from mesh.functions.terminal import Terminal
from mesh.functions.warm.starter import warm_starter
from mesh.manifests.model import Env, Project
from mesh.manifests.problem import Origin
from mesh.manifests.revision import Scale
from mesh.options import UpOptions
from support.small_project import FUNCTION, REPOSITORY, SmallProject

KEY = "demo/hello"
linux = pytest.mark.skipif(sys.platform != "linux", reason="replicas are forked on Linux alone")

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


@asynccontextmanager
async def hosted(small: SmallProject, output: io.StringIO | None = None) -> AsyncIterator[Hosting]:
    terminal = Terminal(output if output is not None else io.StringIO())
    options = UpOptions(small.root, small.state)
    clock, starting = SystemClock(), small.starting
    async with hosting(
        small.project, options, "http://127.0.0.1:9", clock, terminal=terminal, starting=starting
    ) as functions:
        yield functions


async def text(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        return await answer.text()


async def becomes(question: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not question():  # noqa: ASYNC110 - another process changes the answer
            await asyncio.sleep(0.02)


async def becomes_two(client: aiohttp.ClientSession, functions: Hosting) -> None:
    async with asyncio.timeout(60):
        while not (await text(client, functions.url(KEY))).startswith("two"):  # noqa: ASYNC110 - a process changes it
            await asyncio.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def replicas(functions: Hosting) -> int:
    return functions.status()[0].replicas


async def test_the_first_request_starts_a_replica_that_all_share(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    async with hosted(small) as functions:
        assert replicas(functions) == 0
        async with functions.replica(KEY) as url:
            direct = await text(client, url)
        assert await text(client, functions.url(KEY)) == direct
        assert replicas(functions) == 1
        lines = [line.line async for line in functions.logs("hello", follow=False)]
    assert lines.count("served") == 2
    assert not alive(int(direct.split()[1]))


async def test_it_scales_to_zero_and_back(tmp_path: Path, starting: Starting, client: aiohttp.ClientSession) -> None:
    small = SmallProject(tmp_path / "project", Scale(window=timedelta(seconds=0.5)), starting)
    async with hosted(small) as functions:
        first = await text(client, functions.url(KEY))
        await becomes(lambda: replicas(functions) == 0)
        await becomes(lambda: not alive(int(first.split()[1])))
        assert await text(client, functions.url(KEY)) != first


async def test_the_proxy_passes_method_target_headers_and_body_as_they_are(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    body = bytes(range(256)) * 1000
    async with hosted(small) as functions:
        url = functions.url(KEY) + "/?echo=%C3%BC+x"
        async with client.post(url, data=body, headers={"X-Sent": "żółw, 1"}) as answer:
            assert (answer.status, await answer.read()) == (200, body)
            assert answer.headers["x-got"].encode("latin-1", "replace")
        async with client.put(functions.url(KEY) + "/no/such%20path") as answer:
            assert answer.status == 404


async def test_a_function_sees_its_own_environment_and_not_the_shells(
    small: SmallProject, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEBODYS_SECRET", "x")
    async with hosted(small) as functions:
        url = functions.url(KEY) + "/?environ="
        assert await text(client, url + "K_REVISION") == "hello-00001"
        assert await text(client, url + "SOMEBODYS_SECRET") == "(unset)"
        assert await text(client, url + "OTEL_TRACES_EXPORTER") == "none"


async def test_func_invoke_finds_it_only_while_it_is_hosted(small: SmallProject) -> None:
    runs = small.directory / ".func" / "runs"
    async with hosted(small) as functions:
        port = functions.url(KEY).rpartition(":")[2]
        assert [run.name for run in sorted(runs.iterdir())] == [port]
    assert sorted(path.name for path in small.directory.iterdir()) == ["func.py", "func.yaml"]
    async with hosted(small) as functions:
        assert functions.url(KEY).rpartition(":")[2] == port


async def test_a_function_that_does_not_import_says_so_with_its_traceback(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    small.source.write_text("import no_such_module_here\n")
    async with hosted(small) as functions:
        with pytest.raises(
            StartFailed, match=r"(?s)before it was ready \(status 1\).*ModuleNotFoundError: No module named"
        ):
            async with functions.replica(KEY):
                pass
        async with client.get(functions.url(KEY)) as answer:
            assert answer.status == 503
            assert "ModuleNotFoundError: No module named 'no_such_module_here'" in await answer.text()


async def test_a_function_that_ends_without_a_word_leaves_its_status(small: SmallProject) -> None:
    small.source.write_text("import os\nos._exit(7)\n")
    async with hosted(small) as functions:
        with pytest.raises(StartFailed, match=r"ended before it was ready \(status 7\); it said:\n\(nothing\)"):
            async with functions.replica(KEY):
                pass


async def test_a_function_without_a_main_is_not_ready_and_says_so(small: SmallProject) -> None:
    small.source.write_text("def handle(context): ...\n")
    async with hosted(small) as functions:
        with pytest.raises(
            StartFailed, match=r"(?s)ended before it was ready.*/func\.py has no main: define `def main"
        ):
            async with functions.replica(KEY):
                pass


@asynccontextmanager
async def watched(functions: Hosting) -> AsyncIterator[None]:
    async def reload() -> None: ...

    watching = asyncio.create_task(functions.watch(reload))
    await asyncio.sleep(0.5)  # the watcher says not when it is there
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def test_saving_the_file_is_enough_to_mend_it(small: SmallProject, client: aiohttp.ClientSession) -> None:
    small.source.write_text("import no_such_module_here\n")
    async with hosted(small) as functions, watched(functions):
        async with client.get(functions.url(KEY)) as answer:
            assert answer.status == 503
        small.source.write_text(FUNCTION)
        async with asyncio.timeout(60):
            while not (await text(client, functions.url(KEY))).startswith("one"):  # noqa: ASYNC110 - a process changes it
                await asyncio.sleep(0.1)


async def test_a_saved_file_replaces_the_replica_and_no_request_fails(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    async with hosted(small) as functions, watched(functions):
        slow = asyncio.create_task(text(client, functions.url(KEY) + "/?sleep=3"))
        old = await text(client, functions.url(KEY))
        small.source.write_text(FUNCTION.replace('"one"', '"two"'))
        seen = [old]
        async with asyncio.timeout(60):
            while not seen[-1].startswith("two"):
                async with client.get(functions.url(KEY)) as answer:
                    assert answer.status == 200
                    seen.append(await answer.text())
        assert await slow == old
        await becomes(lambda: not alive(int(old.split()[1])))


async def test_a_syntax_error_is_told_with_its_place_and_the_replica_stays(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    output = io.StringIO()
    async with hosted(small, output) as functions, watched(functions):
        before = await text(client, functions.url(KEY))
        small.source.write_text(FUNCTION + "def broken(:\n")
        await becomes(lambda: "functions/hello/func.py:15: " in output.getvalue())
        assert await text(client, functions.url(KEY)) == before


def named_pipe(small: SmallProject) -> None:
    os.mkfifo(small.directory / "queue")


def schema_in_another_encoding(small: SmallProject) -> None:
    (small.root / "inbox.sql").touch()
    (small.root / "templates" / "stage.yaml").write_text("inbox: inbox.sql\n")
    (small.directory / "schema.sql").write_bytes(b"-- caf\xe9\n")


@pytest.mark.parametrize("spoil", [named_pipe, schema_in_another_encoding])
async def test_what_cannot_be_staged_is_told_and_the_replica_stays(
    small: SmallProject, client: aiohttp.ClientSession, spoil: Callable[[SmallProject], None]
) -> None:
    output = io.StringIO()
    async with hosted(small, output) as functions, watched(functions):
        before = await text(client, functions.url(KEY))
        spoil(small)
        small.source.write_text(FUNCTION.replace('"one"', '"two"'))
        await becomes(lambda: "what ran before stays" in output.getvalue())
        assert "functions/hello/func.yaml:1: " in output.getvalue()
        assert await text(client, functions.url(KEY)) == before


async def test_a_file_that_an_editor_has_for_a_moment_keeps_nothing_from_being_replaced(
    small: SmallProject, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = small.directory / "4913"  # what vim tries a directory with

    def listed(folder: str, names: list[str]) -> set[str]:
        if passing.name in names:
            passing.unlink()
        return LEFT_OUT(folder, names)

    monkeypatch.setattr(staging, "LEFT_OUT", listed)
    async with hosted(small) as functions:
        await text(client, functions.url(KEY))
        passing.touch()
        small.source.write_text(FUNCTION.replace('"one"', '"two"'))
        await functions.replace({KEY})
        await becomes_two(client, functions)
        assert not passing.exists()


async def test_a_directory_that_is_moved_away_leaves_its_replica_and_the_mesh_goes_on(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    async with hosted(small) as functions, watched(functions):
        before = await text(client, functions.url(KEY))
        elsewhere = small.directory.rename(small.root / "elsewhere")
        await functions.replace({KEY})
        assert await text(client, functions.url(KEY)) == before
        elsewhere.rename(small.directory)
        small.source.write_text(FUNCTION.replace('"one"', '"two"'))
        await functions.replace({KEY})
        await becomes_two(client, functions)


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


async def test_another_project_replaces_what_is_hosted(small: SmallProject, client: aiohttp.ClientSession) -> None:
    async with hosted(small) as functions:
        await text(client, functions.url(KEY))
        await functions.apply(Project(str(small.root)))
        assert functions.status() == []
        with pytest.raises(NotFound, match="there is no function demo/hello; there are: none"):
            functions.replica(KEY)
        await functions.apply(small.project)
        assert (await text(client, functions.url(KEY))).startswith("one")


async def test_what_is_missing_stops_the_start_and_removes_nothing(small: SmallProject, elsewhere: Path) -> None:
    (elsewhere / "kept").touch()
    missing = Env("MAIL", "{{ secret:mail:password }}", Origin("functions/hello/func.yaml", 9))
    small.function = replace(small.function, envs=(missing,))
    with pytest.raises(StartFailed, match=r"functions/hello/func\.yaml:9: MAIL has no value: set the environment var"):
        async with hosted(small):
            pass
    assert (elsewhere / "kept").exists()
