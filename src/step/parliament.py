"""The entry that the parliament layout calls: requests on its threads, all answered on one loop in the background."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

import uvloop

from step.messages import Answer, Request

T = TypeVar("T")


class Answers(Protocol):
    async def answer(self, request: Request) -> Answer: ...


class Main:
    """`main(context)`: returns (body, status, headers), which Flask sends as they are."""

    def __init__(self, step: Answers) -> None:
        self.step = step
        self._background = Background()

    def __call__(self, context: Any) -> tuple[bytes, int, dict[str, str]]:
        came = context.request
        request = Request(came.method, came.path, came.args.to_dict(), list(came.headers.items()), came.get_data())
        answer = self._background.run(self.step.answer(request))
        return answer.body, answer.status, answer.headers


class Background:
    """A thread with the loop on which all events are worked on; started by the first of them."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for it; it bounds its own time."""
        return asyncio.run_coroutine_threadsafe(work, self._started()).result()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                logging.basicConfig(format="%(levelname)s %(message)s")  # unless telemetry has done it
                logging.getLogger("step").setLevel(logging.INFO)
                self._loop = uvloop.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="step", daemon=True).start()
            return self._loop
