"""A saved file replaces replicas, and loses nothing."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from mesh.functions import staging
from mesh.functions.hosting import Hosting
from mesh.functions.staging import LEFT_OUT
from support.small_hosting import KEY, alive, becomes, hosted, text
from support.small_project import FUNCTION, SmallProject


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


async def becomes_two(client: aiohttp.ClientSession, functions: Hosting) -> None:
    async with asyncio.timeout(60):
        while not (await text(client, functions.url(KEY))).startswith("two"):  # noqa: ASYNC110 - a process changes it
            await asyncio.sleep(0.1)


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
