"""Functions that do not start say why."""

import aiohttp
import pytest

from mesh.errors import StartFailed
from support.small_hosting import KEY, hosted
from support.small_project import SmallProject


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
