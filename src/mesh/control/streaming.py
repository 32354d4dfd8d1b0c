"""Answers that go on: JSON lines with a heartbeat, ended when the mesh stops."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from enum import Enum
from typing import TypeVar

import msgspec
from aiohttp import web

from mesh.control.shapes import Failure, Shape
from mesh.errors import MeshError

# Well under what a client waits for; it is also how soon a reader that went away is noticed.
HEARTBEAT_SECONDS = 10.0
# How long a refusal (no such function) may take to be an answer of its own rather than the stream's last line.
REFUSED_WITHIN_SECONDS = 0.05
# How long one who reads nothing may hold a place; what happens meanwhile gives way in the history.
UNREAD_SECONDS = 60.0

Item = TypeVar("Item", bound=Shape)


class Beat(Enum):
    QUIET = b"\n"
    END = b""


async def stream_lines(request: web.Request, items: AsyncIterator[Item], stopping: asyncio.Event) -> web.StreamResponse:
    """Write each item as a line until there are no more, the reader is gone, or `stopping` is set.

    What the iterator raises at once passes through; later it becomes the last line.
    """
    async with aclosing(with_heartbeat(items, stopping)) as beats:
        first = await anext(beats, Beat.END)
        response = web.StreamResponse(headers={"Content-Type": "application/jsonl", "Cache-Control": "no-store"})
        await response.prepare(request)
        try:
            await _write(response, first)
            await _write_all(response, beats)
        except ConnectionResetError:
            pass  # the reader went away, which is how a follower ends
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        return response


async def with_heartbeat(items: AsyncIterator[Item], stopping: asyncio.Event) -> AsyncGenerator[Item | Beat, None]:
    """Yield the items, and QUIET whenever there was none for a while; the first QUIET comes soon."""
    stop = asyncio.create_task(stopping.wait(), name="control.stream.stop")
    item = _next(items)
    patience_seconds = REFUSED_WITHIN_SECONDS
    try:
        while not stop.done():
            await asyncio.wait({item, stop}, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
            patience_seconds = HEARTBEAT_SECONDS
            if not item.done():
                yield Beat.QUIET
            elif (value := item.result()) is Beat.END:
                return
            else:
                yield value
                item = _next(items)
    finally:
        await _close(items, item, stop)


def _next(items: AsyncIterator[Item]) -> "asyncio.Task[Item | Beat]":
    async def following() -> Item | Beat:
        return await anext(items, Beat.END)

    return asyncio.create_task(following(), name="control.stream.item")


async def _close(items: AsyncIterator[Item], *tasks: "asyncio.Task[Item | Beat] | asyncio.Task[bool]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    if isinstance(items, AsyncGenerator):
        await items.aclose()


async def _write_all(response: web.StreamResponse, beats: AsyncIterator[Item | Beat]) -> None:
    try:
        async for beat in beats:
            await _write(response, beat)
    except MeshError as error:
        await _write(response, Failure(error=str(error)))


async def _write(response: web.StreamResponse, beat: Shape | Beat) -> None:
    async with asyncio.timeout(UNREAD_SECONDS):
        await response.write(_line(beat))


def _line(beat: Shape | Beat) -> bytes:
    return beat.value if isinstance(beat, Beat) else msgspec.json.encode(beat) + b"\n"
