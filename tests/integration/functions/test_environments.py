"""Environments that are made: the error of one that cannot be, and two that want the same at once."""

import asyncio
from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.errors import StartFailed
from mesh.functions.environments import Needs, place_in, python_for


async def test_what_cannot_be_installed_is_told_in_the_installers_own_words(tmp_path: Path) -> None:
    needs = Needs("./no-such-wheel-1.0-py3-none-any.whl\n", "", tmp_path)
    with pytest.raises(StartFailed, match=r"(?s)the Python environment for .* cannot be made; .*no-such-wheel"):
        await python_for(needs, tmp_path, SystemClock(), lambda _: None)
    with pytest.raises(StartFailed):  # what is half made is not used the second time
        await python_for(needs, tmp_path, SystemClock(), lambda _: None)


async def test_two_that_want_the_same_at_once_make_it_once(tmp_path: Path) -> None:
    needs, phases = Needs("", "", tmp_path), list[str]()
    first, second = await asyncio.gather(
        python_for(needs, tmp_path, SystemClock(), phases.append),
        python_for(needs, tmp_path, SystemClock(), phases.append),
    )
    assert first == second == place_in(tmp_path, needs) / "bin" / "python"
    assert sum("making the Python environment" in phase for phase in phases) == 1
    assert sum("waiting for another process" in phase for phase in phases) == 1
