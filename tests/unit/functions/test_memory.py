"""Replicas that exceed their memory limit: found in one listing of the processes for all."""

import os
from collections.abc import Collection, Mapping

from mesh.functions.background import background
from mesh.functions.memory import MEBI, PERIOD_SECONDS, Memory, used_bytes
from support.clock import until
from support.hosted import TurnedClock

LIMIT = "its limit is 10 MiB (resources.limits.memory in func.yaml)"


async def test_one_listing_a_period_serves_all_replicas() -> None:
    clock, asked, used = TurnedClock(), list[set[int]](), {1: 10 * MEBI, 2: 0}

    def measure(groups: Collection[int]) -> Mapping[int, int]:
        asked.append(set(groups))
        return dict(used)

    async def period() -> None:
        before = len(asked)
        await until(lambda: clock.sleeping)
        await clock.turn(PERIOD_SECONDS)
        await until(lambda: len(asked) > before)

    async with background() as tasks:
        memory = Memory(tasks, clock, measure)
        first, second = (tasks.create_task(memory.exceeded(group, 10 * MEBI)) for group in (1, 2))
        await period()
        used[1] += MEBI
        await period()
        assert await first == f"was OOMKilled at 11 MiB: {LIMIT}"
        used[2] = 12 * MEBI
        await period()
        assert await second == f"was OOMKilled at 12 MiB: {LIMIT}"
    assert asked == [{1, 2}, {1, 2}, {2}]


async def test_one_that_ends_does_not_end_the_others_watch() -> None:
    clock = TurnedClock()
    async with background() as tasks:
        memory = Memory(tasks, clock, lambda groups: dict.fromkeys(groups, 11 * MEBI))
        ended, other = (tasks.create_task(memory.exceeded(group, 10 * MEBI)) for group in (1, 2))
        await until(lambda: clock.sleeping)
        ended.cancel()
        await clock.turn(PERIOD_SECONDS)
        assert await other == f"was OOMKilled at 11 MiB: {LIMIT}"


def test_what_a_group_uses_is_that_of_its_own_processes() -> None:
    own = os.getpgrp()
    assert used_bytes([own])[own] > MEBI
    assert used_bytes([]) == {}
