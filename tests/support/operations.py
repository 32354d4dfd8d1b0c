"""A mesh of plain values behind the control API, and a console that serves it on a real loopback socket."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mesh.control import shapes
from mesh.control.api import serving
from mesh.control.port import Operations
from mesh.errors import NotDone, NotFound
from mesh.listening import bound
from mesh.options import Address

T = TypeVar("T")

TRIGGER = "cabs/invoice"

STATUS = shapes.Status(
    brokers=[
        shapes.BrokerStatus(
            namespace="cabs", name="default", broker_class="Kafka", url="http://127.0.0.1:9/cabs/default"
        )
    ],
    triggers=[
        shapes.TriggerStatus(
            namespace="cabs",
            name="invoice",
            broker="default",
            subscriber="http://127.0.0.1:7/",
            pending=1,
            in_flight=2,
            delivered=3,
            failed=4,
            dead=5,
        )
    ],
    functions=[shapes.FunctionStatus(namespace="cabs", name="invoice", url="http://127.0.0.1:7/", replicas=2)],
)

LETTER = shapes.DeadLetter(
    id="dl-1",
    state="kept",
    trigger=TRIGGER,
    event_id="ride-4711",
    event_source="/app",
    event_type="cabs.rides.ride-completed",
    destination="http://127.0.0.1:7/",
    code=422,
    reason="distance_km: not a \x1b[31mnumber",
    attempts=1,
    died_at="2026-08-01T12:00:01.123Z",
)


class InMemoryOperations:
    """Answers with what its attributes say; tests change those."""

    def __init__(self) -> None:
        self.state: shapes.Status | Exception = STATUS
        self.traces: dict[str, shapes.Trace] = {}
        self.drained_answers = [shapes.Drained(drained=True, pending=0, in_flight=0, kept=0)]
        self.letters = {LETTER.id: LETTER}
        self.replays: list[shapes.Replay] = []
        self.faults: list[shapes.Fault] = []
        self.changes: list[shapes.Change] = []
        self.log_lines = [
            shapes.LogLine(at="2026-08-01T12:00:00.000Z", function="invoice", replica="invoice-1", line="up")
        ]
        self.stays_open = False
        self.closed_streams = 0

    async def status(self) -> shapes.Status:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    async def trace(self, event_id: str, source: str | None) -> shapes.Trace:
        if event_id not in self.traces:
            raise NotFound(f"no event {event_id} is known")
        return self.traces[event_id]

    def explain(self, trigger: str) -> shapes.Explanation:
        setting = shapes.Setting(name="retry", value="2", origin="broker/200-broker.yaml:19")
        return shapes.Explanation(
            trigger=self._known(trigger), broker="default", broker_class="Kafka", settings=[setting], waits=[0.4, 0.8]
        )

    async def drained(self, event_type: str | None, trigger: str | None) -> shapes.Drained:
        return self.drained_answers.pop(0) if len(self.drained_answers) > 1 else self.drained_answers[0]

    async def dead_letters(self, event_type: str | None, trigger: str | None) -> list[shapes.DeadLetter]:
        return [
            letter
            for letter in self.letters.values()
            if event_type in {None, letter.event_type} and trigger in {None, letter.trigger}
        ]

    async def dead_letter(self, letter_id: str) -> shapes.DeadLetterDetail:
        letter = self._letter(letter_id)
        attributes = {"id": letter.event_id, "type": letter.event_type}
        return shapes.DeadLetterDetail(letter=letter, attributes=attributes, data='{"a": 1}', data_base64=None)

    async def replay(self, request: shapes.Replay) -> shapes.Done:
        self.replays.append(request)
        done = self._close(list(self.letters)[: request.most] if request.all else request.ids)
        return shapes.Done(ids=done.ids, left=len(self.letters) if request.all else 0)

    async def discard(self, request: shapes.Discard) -> shapes.Done:
        return self._close(request.ids)

    def set_fault(self, fault: shapes.Fault) -> shapes.Faults:
        self._known(fault.trigger)
        self.faults.append(fault)
        return shapes.Faults(faults=self.faults)

    def clear_faults(self) -> shapes.Faults:
        self.faults = []
        return shapes.Faults(faults=[])

    async def watch(self) -> AsyncIterator[shapes.Change]:
        async for change in self._stream(self.changes):
            yield change

    async def logs(self, function: str, *, follow: bool) -> AsyncIterator[shapes.LogLine]:
        if function == "broken":
            raise NotDone("the log cannot be read")
        if function not in {"invoice", "cabs/invoice"}:
            raise NotFound(f"no function {function} here")
        async for line in self._stream(self.log_lines, open_ended=follow):
            yield line

    async def _stream(self, items: list[T], *, open_ended: bool = False) -> AsyncIterator[T]:
        try:
            for item in items:
                yield item
            if self.stays_open or open_ended:
                await asyncio.Event().wait()
        finally:
            self.closed_streams += 1

    def _known(self, trigger: str) -> str:
        if trigger not in {TRIGGER, "invoice"}:
            raise NotFound(f"no trigger {trigger} here")
        return TRIGGER

    def _letter(self, letter_id: str) -> shapes.DeadLetter:
        if letter_id not in self.letters:
            raise NotFound(f"no dead letter {letter_id} here")
        return self.letters[letter_id]

    def _close(self, ids: list[str]) -> shapes.Done:
        for letter in [self._letter(letter_id) for letter_id in ids]:
            del self.letters[letter.id]
        return shapes.Done(ids=ids)


@contextmanager
def served(operations: Operations) -> Iterator[str]:
    """Serve the control API from a loop in a thread, so that the synchronous client meets a real server."""
    started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    urls: list[str] = []

    async def serve() -> None:
        with bound(Address("127.0.0.1", 0), "--console") as sockets:
            async with serving(operations, sockets, "127.0.0.1") as url:
                urls.append(url)
                started.set()
                await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="console")
    thread.start()
    try:
        assert started.wait(10), "the console did not start"
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
