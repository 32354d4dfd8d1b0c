"""The receiver as the mesh's child: a process of its own, since HTTP takes half of the time of an event's way in.

The sockets are the mesh's, and stay open: while a receiver that ended is replaced, clients wait.
"""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress

from mesh.clock import Clock
from mesh.errors import NotDone
from mesh.listening import Bound
from mesh.process import open_files
from mesh.receiver.intake import Broker, Intake
from mesh.receiver.listener import MAX_CONNECTIONS
from mesh.receiver.messages import Serve, Stop
from mesh.tether import tethered

PAUSE_SECONDS = 1.0  # before it is started again
END_SECONDS = 2.0  # for its own end, beyond what its clients are given

logger = logging.getLogger(__name__)


class ReceiverProcess:
    """Serves the given brokers, which may change, as they were when last announced."""

    def __init__(self, bound: Bound, brokers: Mapping[str, Broker], tasks: asyncio.TaskGroup, clock: Clock) -> None:
        self._bound = bound
        self._brokers = brokers
        self._tasks = tasks
        self._clock = clock
        self._announced: Serve
        self._was_up = False
        self._intake: Intake
        self._process: asyncio.subprocess.Process
        self._kept_running: asyncio.Task[None]

    async def start(self) -> None:
        """Run it; it takes events before the mesh is ready, and tells probes that it is not. Raises NotDone."""
        self._announced = self._serve(ready=False)
        try:
            await self._launch()
        except OSError as error:
            raise NotDone(f"the receiver cannot be started ({error.strerror}): end some other processes") from error
        self._kept_running = self._tasks.create_task(self._keep_running(), name="receiver")

    async def announce(self) -> None:
        """The mesh is ready, with the brokers that there are now; returns when this holds, or will with the next one.

        Raises NotDone when not even the first one came up.
        """
        self._announced = self._serve(ready=True)
        self._was_up |= await self._intake.tell(self._announced)
        if not self._was_up:
            raise NotDone("the receiver ended before it was up: what it said on standard error tells why")

    async def stop(self, within: float) -> None:
        """Refuse new clients, answer what came in whole, end; at most `within` seconds, and a moment."""
        self._kept_running.cancel()
        self._bound.close()
        self._intake.link.send(Stop(within))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), within + END_SECONDS)
        with suppress(ProcessLookupError):
            self._process.kill()

    async def _keep_running(self) -> None:
        while True:
            status = await self._process.wait()
            logger.error("the receiver ended (status %d); the next one starts in %g s", status, PAUSE_SECONDS)
            await self._clock.sleep(PAUSE_SECONDS)
            with suppress(OSError):
                await self._launch()

    async def _launch(self) -> None:
        ours, its = socket.socketpair()
        with its, ExitStack() as on_failure:
            on_failure.enter_context(ours)
            self._process, intake = await self._begun(its), Intake(self._brokers)
            await intake.link.open(ours)
            on_failure.pop_all()
        intake.tell(self._announced)
        self._intake = intake

    def _serve(self, *, ready: bool) -> Serve:
        return Serve({key: broker.broker_class.name for key, broker in self._brokers.items()}, ready)

    async def _begun(self, half: socket.socket) -> asyncio.subprocess.Process:
        listening = [one.fileno() for one in self._bound.sockets]
        numbers = map(str, (half.fileno(), min(MAX_CONNECTIONS, open_files() // 2), *listening))
        return await asyncio.create_subprocess_exec(
            *tethered(signal.SIGKILL),
            *(sys.executable, "-P", "-m", "mesh.receiver", *numbers),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the mesh's, which ends it in order
            pass_fds=(half.fileno(), *listening),
        )
