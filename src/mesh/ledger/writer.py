"""One thread that commits: all that arrived while the last commit ran goes into the next one."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from mesh.errors import LedgerUnavailable
from mesh.ledger.records import Change


class Apply(Protocol):
    """Applies the changes of several writes inside one transaction; answers the sequence numbers of each write."""

    def __call__(self, writes: Sequence[Sequence[Change]]) -> list[list[int]]: ...


class _Write(msgspec.Struct):
    changes: Sequence[Change]
    future: asyncio.Future[list[int]]
    loop: asyncio.AbstractEventLoop


class Writer:
    """Owns the writing connection's thread; `submit` may be called from the loop only."""

    def __init__(self, apply: Apply, abandon: Callable[[], None]) -> None:
        self._apply = apply
        self._abandon = abandon
        self._gathered: list[_Write] = []
        self._queue: queue.SimpleQueue[list[_Write] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, changes: Sequence[Change]) -> asyncio.Future[list[int]]:
        """Return a future that is done when the changes are on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[int]] = loop.create_future()
        self._gathered.append(_Write(changes, future, loop))
        if len(self._gathered) == 1:
            loop.call_soon(self._hand_over)
        return future

    def close(self) -> None:
        """Commit what was submitted and end the thread."""
        self._hand_over()
        self._queue.put(None)
        self._thread.join()

    def _hand_over(self) -> None:
        """Wake the thread once for all that a turn of the loop has brought: woken at the first, it commits few."""
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _run(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[_Write], bool]:
        """Wait for some writes, then take all that are there; None in the queue says that no more will come."""
        taken = [self._queue.get()]
        while not self._queue.empty():
            taken.append(self._queue.get())
        return [write for writes in taken if writes is not None for write in writes], None in taken

    def _commit(self, batch: list[_Write]) -> None:
        try:
            answers: Sequence[list[int] | Exception] = self._apply([write.changes for write in batch])
        except sqlite3.Error as error:
            self._abandon()
            answers = [LedgerUnavailable(f"the ledger cannot be written: {error}")] * len(batch)
        except LedgerUnavailable as error:
            answers = [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - handed to the one who waits, instead of a dead thread
            self._abandon()
            if len(batch) > 1:  # one write that cannot be understood must not cost the others
                for write in batch:
                    self._commit([write])
                return
            answers = [error]
        batch[0].loop.call_soon_threadsafe(_answer, batch, answers)


def _answer(batch: list[_Write], answers: Sequence[list[int] | Exception]) -> None:
    for write, answer in zip(batch, answers, strict=True):
        if write.future.done():  # the one who asked has gone; what was asked for is done all the same
            continue
        if isinstance(answer, Exception):
            write.future.set_exception(answer)
        else:
            write.future.set_result(answer)
