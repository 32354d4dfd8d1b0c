"""Which starter a mesh has: forking where that is safe, spawning elsewhere."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from mesh.functions.readiness import Readiness
from mesh.functions.starter import SpawningStarter, Starter
from mesh.functions.warm.starter import warm_starter

Starting = Callable[[asyncio.TaskGroup, Readiness, Callable[[str], None]], AbstractAsyncContextManager[Starter]]


@asynccontextmanager
async def spawning(
    tasks: asyncio.TaskGroup, ready: Readiness, _say: Callable[[str], None]
) -> AsyncIterator[SpawningStarter]:
    yield SpawningStarter(tasks, ready)


def best(
    tasks: asyncio.TaskGroup, ready: Readiness, say: Callable[[str], None]
) -> AbstractAsyncContextManager[Starter]:
    """Elsewhere than on Linux a fork without exec is fragile, and nothing ends a replica with a mesh that is killed."""
    return warm_starter(tasks, ready, say) if sys.platform == "linux" else spawning(tasks, ready, say)
