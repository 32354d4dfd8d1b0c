"""Tasks that serve while a block runs, and are cancelled when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class _Over(Exception):  # noqa: N818 - ends a task group: https://docs.python.org/3/library/asyncio-task.html#terminating-a-task-group
    pass


@asynccontextmanager
async def background() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group; what the block raises comes out as it is, what a task raises as an exception group."""
    raised: Exception | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            try:
                yield tasks
            except Exception as error:  # noqa: BLE001 - raised again below, outside of the group that would wrap it
                raised = error
            raise _Over
    except* _Over:
        pass
    if raised is not None:
        raise raised
