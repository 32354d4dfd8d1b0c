"""Bare aiohttp: posts the event to a sink, so many requests at once, and nothing else.

`python bench/posting.py PORT SECONDS` says how many a second, and its CPU time in microseconds for each.
"""

import asyncio
import sys
import time

import aiohttp
import events
import uvloop
from multidict import CIMultiDict

AT_ONCE = 100  # as many as a trigger has in hand


async def main(port: int, seconds: float) -> None:
    headers = CIMultiDict((name, value) for name, _, value in map(parted, events.HEADERS.splitlines()))
    answered = 0

    async def post(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        while True:
            async with session.post(f"http://127.0.0.1:{port}/", data=events.BODY, headers=headers) as response:
                await response.read()
            answered += 1

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, skip_auto_headers=("Accept", "User-Agent")) as session:
        posting = [asyncio.create_task(post(session), name=f"post {number}") for number in range(AT_ONCE)]
        await asyncio.sleep(seconds / 5)
        before, began, cpu = answered, time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        posted, used = answered - before, time.process_time() - cpu
        print(posted / (time.perf_counter() - began), used / posted * 1e6, flush=True)
        for task in posting:
            task.cancel()
        await asyncio.gather(*posting, return_exceptions=True)


def parted(line: str) -> tuple[str, str, str]:
    return line.partition(": ")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
