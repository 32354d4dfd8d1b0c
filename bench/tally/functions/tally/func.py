"""Count an event in 20 ms, once; a GET tells what was counted, and by which replicas of late."""

import asyncio
import os
from collections.abc import Mapping
from typing import ClassVar, Self

import msgspec

from step import Connection, Context, step

HANDLER_SECONDS = 0.02
COUNT = "INSERT INTO tally.effects (number, replica) VALUES ($1, $2)"
COUNTED = "SELECT count(*) AS effects, count(DISTINCT number) AS events FROM tally.effects"
LATELY = "SELECT DISTINCT replica FROM tally.effects WHERE at > now() - interval '1 second'"


class Counted(msgspec.Struct, frozen=True):
    type: ClassVar[str] = "bench.tally.counted"

    number: int

    @classmethod
    def decode(cls, body: bytes) -> Self:
        return msgspec.json.decode(body, type=cls)


async def tally(event: Counted, context: Context) -> None:
    await asyncio.sleep(HANDLER_SECONDS)
    await context.database.execute(COUNT, event.number, os.getpid())


async def counted(_asked: Mapping[str, str], database: Connection) -> Mapping[str, object]:
    [row] = await database.fetch(COUNTED)
    return {**row, "replicas": [replica["replica"] for replica in await database.fetch(LATELY)]}


main, new = step(tally, query=counted)
