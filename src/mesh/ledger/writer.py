"""One thread that commits: all that arrived while the last commit ran goes into the next one."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from mesh.errors import LedgerUnavailable
from mesh.ledger.port import Answer
from mesh.ledger.records import Change

ENOUGH = 128  # writes that wait for no more
QUIET_TURNS = 2  # that bring none: what is delivered in one turn is submitted in the next
Write = tuple[Sequence[Change], Callable[[Answer], None]]


class Apply(Protocol):
    """Applies the changes of several writes inside one transaction; answers the sequence numbers of each write."""

    def __call__(self, writes: Sequence[Sequence[Change]]) -> list[list[int]]: ...


class Writer:
    """Owns the writing connection's thread; `submit` may be called from the loop only."""

    def __init__(self, apply: Apply, abandon: Callable[[], None]) -> None:
        self._apply = apply
        self._abandon = abandon
        self._gathered: list[Write] = []
        self._loop: asyncio.AbstractEventLoop
        self._queue: queue.SimpleQueue[list[Write] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, changes: Sequence[Change], then: Callable[[Answer], None]) -> None:
        """Have `then` called in the loop when the changes are on disk, or why they are not."""
        self._gathered.append((changes, then))
        if len(self._gathered) == 1:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._gather, 0, 0)

    def close(self) -> None:
        """Commit what was submitted and end the thread."""
        self._hand_over()
        self._queue.put(None)
        self._thread.join()

    def _gather(self, before: int, quiet: int) -> None:
        """Wake the thread when turns of the loop bring no more.

        Each commit costs as much as twenty events, and while it runs, loop and thread take the interpreter from each
        other.
        """
        gathered = len(self._gathered)
        quiet = 0 if gathered > before else quiet + 1
        if quiet < QUIET_TURNS and gathered < ENOUGH:
            self._loop.call_soon(self._gather, gathered, quiet)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _run(self) -> None:
        while self._commit_next():
            pass

    def _commit_next(self) -> bool:
        """Answer whether more may come. What was committed is held no longer than this takes."""
        batch, closing = self._next_batch()
        if batch:
            self._commit(batch)
        return not closing

    def _next_batch(self) -> tuple[list[Write], bool]:
        """Wait for some writes, then take all that are there; None in the queue says that no more will come."""
        taken = [self._queue.get()]
        while not self._queue.empty():
            taken.append(self._queue.get())
        return [write for writes in taken if writes is not None for write in writes], None in taken

    def _commit(self, batch: list[Write]) -> None:
        try:
            answers: Sequence[Answer] = self._apply([changes for changes, _ in batch])
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
        self._loop.call_soon_threadsafe(_answer, self._loop, batch, answers)


def _answer(loop: asyncio.AbstractEventLoop, batch: list[Write], answers: Sequence[Answer]) -> None:
    for (_, then), answer in zip(batch, answers, strict=True):
        try:
            then(answer)
        except Exception as error:  # noqa: BLE001 - one who cannot take its answer must not cost the others theirs
            loop.call_exception_handler({"message": "an answer of the ledger's was not taken", "exception": error})
