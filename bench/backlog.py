"""Memory against backlog: a mesh whose only subscriber never answers, filled step by step, and started again on that.

`python bench/backlog.py [EVENTS…]`: how many events are on the disk when it is looked at (0 10000 100000).
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

STEPS = (0, 10_000, 100_000)
CONNECTIONS = 64
BODY = b"x" * 1000
READY_SECONDS = 300.0
MANIFESTS = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {{name: default, namespace: bench, annotations: {{eventing.knative.dev/broker.class: Kafka}}}}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: silent, namespace: bench}}
spec:
  broker: default
  subscriber: {{uri: "http://127.0.0.1:{port}/"}}
"""


async def main(steps: Sequence[int]) -> None:
    print(f"resident memory of the mesh; events of {len(BODY)} B, one trigger whose subscriber never answers")
    print(f"{'backlog':>10}  {'running, MiB':>13}  {'started again, MiB':>19}  {'ledger, MiB':>12}")
    silent = await asyncio.start_server(_never, "127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="backlog") as folder:
        root = _project(Path(folder), silent.sockets[0].getsockname()[1])
        stored = 0
        for backlog in steps:
            async with mesh(root) as (process, port):
                await fill(port, backlog - stored)
                running, stored = resident_mib(process.pid), backlog
            async with mesh(root) as (process, _):
                again = resident_mib(process.pid)
            ledger = sum(file.stat().st_size for file in (root / "state").glob("ledger.sqlite*")) / 2**20
            print(f"{backlog:>10}  {running:>13.0f}  {again:>19.0f}  {ledger:>12.0f}", flush=True)
    silent.close()


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def _project(root: Path, port: int) -> Path:
    (root / "triggers").mkdir()
    (root / "triggers" / "bench.yaml").write_text(MANIFESTS.format(port=port))
    return root


@asynccontextmanager
async def mesh(root: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run `mesh up` and yield it with its port."""
    words = ("up", str(root), "--state", str(root / "state"), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mesh", *words, "--grace", "1s"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_SECONDS):
            ready = (await process.stdout.readline()).decode()
        yield process, int(ready.rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def fill(port: int, events: int) -> None:
    """Publish so many, each accepted before the next one on its connection."""
    numbers = iter(range(events))
    async with asyncio.TaskGroup() as producers:
        for _ in range(CONNECTIONS):
            producers.create_task(_publish(port, numbers))


async def _publish(port: int, numbers: Iterator[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in numbers:
        head = f"POST /bench/default HTTP/1.1\r\nce-specversion: 1.0\r\nce-id: {number}\r\nce-source: /bench\r\n"
        writer.write(f"{head}ce-type: bench\r\ncontent-length: {len(BODY)}\r\n\r\n".encode() + BODY)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 202 "):
            raise SystemExit(f"the mesh answered {answer!r}")
    writer.close()


def resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    asyncio.run(main([int(word) for word in sys.argv[1:]] or STEPS))
