"""The mesh's end of a warm parent: orders go out, and what became of them comes back."""

import asyncio
import contextlib
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from mesh.errors import StartFailed
from mesh.functions import child
from mesh.functions.child import Child, Command
from mesh.functions.warm.order import Order
from mesh.functions.warm.process import ForkedProcess
from mesh.functions.warm.runtime import Runtime

PROGRAM = Path(__file__).with_name("program.py")
UP_SECONDS = 60.0
FORK_SECONDS = 10.0
LAST_WORDS_SECONDS = 2.0
LARGEST_REPORT = 4096  # bytes
KILLED = -int(signal.SIGKILL)


async def start(runtime: Runtime, tasks: asyncio.TaskGroup) -> "WarmParent":
    """Start one and wait until it takes orders. Raises StartFailed, which ends with its last words."""
    control, announced = sockets(), sockets()
    with control[1], announced[1]:
        descriptors = control[1].fileno(), announced[1].fileno()
        telemetry = "instrumented" if runtime.instrumented else "plain"
        words = (str(runtime.python), "-P", "-u", str(PROGRAM), *map(str, descriptors), runtime.layout, telemetry)
        command = Command(words, runtime.python.parent, dict(runtime.environment), descriptors)
        try:
            process = await child.start(command, tasks, lambda _: None)
        except OSError as error:
            control[0].close()
            announced[0].close()
            raise StartFailed(str(error)) from error
    parent = WarmParent(process, control[0], announced[0], tasks)
    try:
        await up(parent, process)
    except BaseException:  # called off, too: nothing of it is left behind
        process.kill()
        await process.ended
        raise
    return parent


async def up(parent: "WarmParent", process: Child) -> None:
    """Wait until it takes orders. Raises StartFailed."""
    try:
        async with asyncio.timeout(UP_SECONDS):
            await parent.ready.wait()
    except TimeoutError:
        raise StartFailed(f"it took no orders within {UP_SECONDS:.0f} s") from None
    if not parent.alive:
        process.kill()
        await asyncio.wait([process.ended], timeout=LAST_WORDS_SECONDS)
        status = process.ended.result() if process.ended.done() else "unknown"
        raise StartFailed(f"it ended (status {status}) and said:\n{process.last_words or '(nothing)'}")


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that is out, who waits for its replica, and where that replica's output arrives."""

    number: int
    answer: asyncio.Future[ForkedProcess]
    output: asyncio.StreamReader


class WarmParent:
    """Forks one replica at a time; `ready` is also set when it is gone."""

    def __init__(
        self, process: Child, control: socket.socket, announced: socket.socket, tasks: asyncio.TaskGroup
    ) -> None:
        self.ready = asyncio.Event()
        self._process = process
        self._control = control
        self._announced = announced
        self._tasks = tasks
        self._turn = asyncio.Lock()
        self._ordered: Ordered | None = None
        self._forked: dict[int, ForkedProcess] = {}
        self._open = True
        self._listening = tasks.create_task(self._listen(), name=f"reports of warm parent {process.pid}")

    @property
    def alive(self) -> bool:
        return self._open and self._process.alive

    def announce(self, directory: Path) -> None:
        """Let it import what the function there will need; only a favour, so a full socket is no matter."""
        try:
            self._announced.send(Order(0, str(directory)).encoded())
        except OSError:
            return

    async def fork(self, order: Order, listening: socket.socket, on_line: child.OnLine) -> Child:
        """One replica more, which may not serve yet. Raises StartFailed, OSError or TimeoutError."""
        reading, writing = os.pipe()
        output, transport = await reader(reading)
        try:
            async with self._turn, asyncio.timeout(FORK_SECONDS):
                process = await self._answered(order, (listening.fileno(), writing), output)
        except BaseException:
            transport.close()
            raise
        finally:
            os.close(writing)
        replica = Child(process, self._tasks, on_line)
        replica.ended.add_done_callback(lambda _: transport.close())
        return replica

    async def close(self) -> None:
        """End it and what is left of its replicas."""
        self._listening.cancel()
        await asyncio.wait([self._listening])
        await self._process.stop(signal.SIGTERM, grace_seconds=1)

    async def _answered(
        self, order: Order, descriptors: tuple[int, ...], output: asyncio.StreamReader
    ) -> ForkedProcess:
        if not self.alive:
            raise StartFailed("the warm parent has ended")
        answer: asyncio.Future[ForkedProcess] = asyncio.get_running_loop().create_future()
        self._ordered = Ordered(order.number, answer, output)
        try:
            socket.send_fds(self._control, [order.encoded()], descriptors)
            return await answer
        finally:
            self._ordered = None

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while report := await loop.sock_recv(self._control, LARGEST_REPORT):
                self._hear(*report.decode().split(" ", 1))
        except OSError:
            pass  # as good as its end
        finally:
            self._over()

    def _hear(self, what: str, said: str = "") -> None:
        if what == "ready":
            self.ready.set()
        elif what == "started":
            self._started(*map(int, said.split()))
        elif what == "ended":
            pid, status = map(int, said.split())
            if process := self._forked.pop(pid, None):
                process.end(status)
        else:
            self._fail(StartFailed(f"the warm parent cannot fork: {said}"))

    def _started(self, number: int, pid: int) -> None:
        ordered = self._ordered
        if ordered is None or ordered.number != number or ordered.answer.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # whoever ordered it has gone
            return
        self._forked[pid] = ForkedProcess(pid, ordered.output)
        ordered.answer.set_result(self._forked[pid])

    def _fail(self, error: StartFailed) -> None:
        if self._ordered and not self._ordered.answer.done():
            self._ordered.answer.set_exception(error)

    def _over(self) -> None:
        """The kernel ends its replicas with it."""
        self._open = False
        self._control.close()
        self._announced.close()
        self.ready.set()
        for process in self._forked.values():
            process.end(KILLED)
        self._forked.clear()
        self._fail(StartFailed("the warm parent has ended"))


def sockets() -> tuple[socket.socket, socket.socket]:
    """The mesh's end, and the parent's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs


async def reader(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    output = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(output), pipe
    )
    return output, transport
