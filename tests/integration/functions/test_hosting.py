"""Real replicas of a small function: started, reached, scaled, replaced with their project."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from mesh.errors import NotFound, StartFailed
from mesh.functions.starting import Starting
from mesh.manifests.model import Env, Project
from mesh.manifests.problem import Origin
from mesh.manifests.revision import Scale
from support.small_hosting import KEY, alive, becomes, hosted, replicas, text
from support.small_project import SmallProject

HELD = 150  # more than the deliveries of a trigger at once, and those who ask for its health


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


async def test_a_replica_answers_however_many_connections_are_held(
    small: SmallProject, client: aiohttp.ClientSession
) -> None:
    async with hosted(small) as functions, functions.replica(KEY) as url, AsyncExitStack() as stack:
        for _ in range(HELD):
            _, connection = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
            stack.callback(connection.close)
        async with asyncio.timeout(20):
            assert (await text(client, url)).startswith("one")


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
