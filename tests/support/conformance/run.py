"""All chosen rows of one broker class, side by side: tests ask for what each of them saw."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from support.conformance.manifests import brokers, triggers
from support.conformance.receiver import Receiver
from support.conformance.row import Row
from support.conformance.scene import Scene, Stage
from support.mesh import MeshUp

SHARED = [f"conformance/shared-{number}" for number in range(20)]  # each event is shown to all triggers of its broker
AT_ONCE = 30  # rows under way
SEEN_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Pointed:
    """A real broker, and where it can reach this machine."""

    url: str
    broker_class: str
    receiver: str  # HOST:PORT

    @property
    def shared(self) -> str:
        """`namespace/name`, the last two parts of the URL's path."""
        return "/".join(urlsplit(self.url).path.strip("/").split("/")[-2:])


class Run:
    """What the rows saw, as they come to it."""

    def __init__(self, stage: Stage, seen: dict[str, "Future[Any]"]) -> None:
        self.stage = stage
        self._seen = seen

    def check(self, row: Row) -> None:
        """Compare what was seen with what the row says of this class."""
        if row.key not in self._seen:
            pytest.skip(row.only_here)
        seen = self._seen[row.key].result(SEEN_SECONDS)
        expected = row.expected[self.stage.broker_class]
        assert row.holds(seen, expected), f"saw {seen!r}, not {expected!r} ({row.source})"


@contextmanager
def on_mesh(rows: Sequence[Row], broker_class: str, directory: Path) -> Iterator[Run]:
    """Run the rows against a mesh of their own."""
    receiver = Receiver()
    with _loop() as loop, _listening(receiver, loop, "127.0.0.1", 0) as receiver_url:
        (directory / "functions").mkdir()
        shared = {row.key: SHARED[number % len(SHARED)] for number, row in enumerate(rows)}
        objects = list(brokers(rows, SHARED, broker_class, receiver_url))
        subscribed = [trigger for row in rows for trigger in triggers(row, shared[row.key], receiver_url)]
        _write(directory / "broker" / "100-brokers.yaml", objects)
        _write(directory / "triggers" / "all.yaml", subscribed)
        mesh = MeshUp(directory, directory / ".mesh")
        try:
            mesh.start("--grace", "100ms")
            urls = {key: f"{mesh.url}/{key}" for key in map(_key, objects)}
            stage = Stage(broker_class, receiver, receiver_url, urls, shared, lambda *words: mesh.cli(*words).stdout)
            yield Run(stage, _start(rows, stage, loop))
        finally:
            mesh.end()


@contextmanager
def on_broker(rows: Sequence[Row], pointed: Pointed) -> Iterator[Run]:
    """Run the rows against a broker that is there, with their Triggers applied."""
    receiver = Receiver()
    port = int(pointed.receiver.rpartition(":")[2])
    with _loop() as loop, _listening(receiver, loop, "0.0.0.0", port):
        urls = {pointed.shared: pointed.url}
        shared = {row.key: pointed.shared for row in rows}
        stage = Stage(pointed.broker_class, receiver, f"http://{pointed.receiver}", urls, shared)
        yield Run(stage, _start([row for row in rows if not row.only_here], stage, loop))


def _start(rows: Sequence[Row], stage: Stage, loop: asyncio.AbstractEventLoop) -> dict[str, "Future[Any]"]:
    seen: dict[str, Future[Any]] = {row.key: Future() for row in rows}
    asyncio.run_coroutine_threadsafe(_see_all(rows, stage, seen), loop)
    return seen


async def _see_all(rows: Sequence[Row], stage: Stage, seen: dict[str, "Future[Any]"]) -> None:
    """Have the rows that measure time among themselves, and then all others."""
    slots = asyncio.Semaphore(AT_ONCE)
    for measures in (True, False):
        chosen = [row for row in rows if row.measures is measures]
        await asyncio.gather(*(_see(row, stage, slots, seen[row.key]) for row in chosen))


async def _see(row: Row, stage: Stage, slots: asyncio.Semaphore, seen: "Future[Any]") -> None:
    async with slots:
        try:
            seen.set_result(await row.see(Scene(row, stage)))
        except Exception as error:  # noqa: BLE001 - raised again in the row's test
            seen.set_exception(error)


@contextmanager
def _listening(receiver: Receiver, loop: asyncio.AbstractEventLoop, host: str, port: int) -> Iterator[str]:
    server = _wait(receiver.listen(host, port), loop)
    yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    _wait(receiver.close(server), loop)


def _wait(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Any:
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in a thread of its own; what is left in it is cancelled at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="conformance")
    thread.start()
    try:
        yield loop
    finally:
        _wait(_cancel_rest(), loop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _cancel_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
    await asyncio.sleep(0.05)  # for the connections that were closed just now


def _write(file: Path, objects: Sequence[dict[str, Any]]) -> None:
    file.parent.mkdir()
    file.write_text(yaml.safe_dump_all(objects, sort_keys=False))


def _key(manifest: dict[str, Any]) -> str:
    return f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"
