"""The composition root: everything that runs is made here, and taken down in the reverse order."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress

from mesh.addresses import Resolver
from mesh.broker.client import HttpClient
from mesh.broker.delivery import Delivery
from mesh.broker.faults import Faults
from mesh.broker.history import History
from mesh.clock import Clock, SystemClock
from mesh.control.api import serving as console
from mesh.control.discovery import Announcement, announce, withdraw
from mesh.dispatching import Dispatching, Parts
from mesh.errors import InvalidManifests, MeshError
from mesh.functions.hosting import Hosting, hosting
from mesh.ledger.sqlite import SqliteLedger
from mesh.listening import Bound, bound
from mesh.manifests.model import Project
from mesh.manifests.project import load
from mesh.operations import RunningMesh
from mesh.options import UpOptions
from mesh.process import spare_the_collector
from mesh.receiver.process import ReceiverProcess
from mesh.reload import Reload
from mesh.state import held

LEDGER_FILE = "ledger.sqlite"
LEAST_GRACE_SECONDS = 1.0  # for replicas that have nothing in flight to end in order

logger = logging.getLogger(__name__)


async def up(options: UpOptions) -> int:
    """Run the mesh until SIGTERM or SIGINT; answer the process' exit status.

    Raises InvalidManifests for files it refuses, NotDone for an address or a state directory that is taken.
    """
    project = load(options.root)
    if project.problems:
        raise InvalidManifests(project.problems)
    stopping, serving = _stop_signal(), asyncio.Event()
    with held(options.state), _one_error():
        running = asyncio.create_task(_run(project, options, serving, stopping), name="mesh")
        await asyncio.wait([running, asyncio.ensure_future(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
        if not serving.is_set() and not running.done():
            running.cancel()  # told to stop before it was up: what was begun is taken down again
        with suppress(asyncio.CancelledError):
            await running
    return 0


@contextmanager
def _one_error() -> Iterator[None]:
    """What goes wrong in a task group comes out as the error itself, where it is one of ours."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group.subgroup(MeshError) or group
        while isinstance(error, BaseExceptionGroup) and isinstance(error.exceptions[0], MeshError | BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


async def _run(project: Project, options: UpOptions, serving: asyncio.Event, stopping: asyncio.Event) -> None:
    clock = SystemClock()
    history = History(clock)
    faults = Faults()
    async with AsyncExitStack() as stack:
        listen, console_listen = stack.enter_context(_bound(options))
        ledger = stack.enter_context(closing(SqliteLedger(options.state / LEDGER_FILE)))
        client = await stack.enter_async_context(HttpClient())
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        dispatching = Dispatching(Parts(ledger, Delivery(client, faults, clock), history, clock), tasks)
        dispatching.open(project)
        await dispatching.subscribe(project)  # before anything is accepted
        receiver = ReceiverProcess(listen, dispatching.brokers, tasks, clock)
        await stack.enter_async_context(_receiving(receiver))
        functions = await stack.enter_async_context(hosting(project, options, listen.url, clock, tell=history.tell))
        resolver = Resolver(functions, listen.url)
        reload = Reload(project, options.root, functions, dispatching, resolver, history, receiver.announce)
        operations = RunningMesh(
            dispatching.brokers, functions, ledger, history, faults, resolver.broker_url, reload.warnings
        )
        await stack.enter_async_context(_console(operations, options, console_listen))
        await dispatching.dispatch(project, resolver)
        watching = tasks.create_task(functions.watch(reload), name="watch files")
        await clock.sleep(0)  # the watch begins before anybody is told to go ahead
        spare_the_collector()
        await receiver.announce()
        serving.set()
        _say_ready(listen.url, options)
        await stopping.wait()
        watching.cancel()
        await _wind_down(receiver, dispatching, functions, options.grace_seconds, clock)


async def _wind_down(
    receiver: ReceiverProcess, dispatching: Dispatching, functions: Hosting, grace_seconds: float, clock: Clock
) -> None:
    """Let what is in flight end; what is left of the grace is for the replicas, which are stopped after this."""
    deadline = clock.now() + grace_seconds
    await receiver.stop(grace_seconds)
    await dispatching.stop(max(0.0, deadline - clock.now()))
    functions.grace_seconds = max(LEAST_GRACE_SECONDS, deadline - clock.now())


@contextmanager
def _bound(options: UpOptions) -> Iterator[tuple[Bound, Bound]]:
    """The ingress' and the console's sockets, before anything is made that a port which is taken would waste."""
    with bound(options.listen, "--listen") as listen, bound(options.console, "--console") as console_listen:
        for one in (listen, console_listen):
            if one.is_open:
                logger.warning("%s answers other machines, too, and asks nobody who they are", one.url)
        yield listen, console_listen


@asynccontextmanager
async def _receiving(receiver: ReceiverProcess) -> AsyncIterator[None]:
    await receiver.start()
    try:
        yield
    finally:
        await receiver.stop(0.0)  # for the ways out that do not wind down


@asynccontextmanager
async def _console(operations: RunningMesh, options: UpOptions, listens: Bound) -> AsyncIterator[None]:
    async with console(operations, listens, options.console.host) as url:
        print(f"console {url}", file=sys.stderr, flush=True)  # noqa: T201 - where an operator looks
        announce(options.state, Announcement(url, os.getpid()))
        try:
            yield
        finally:
            withdraw(options.state)


def _say_ready(url: str, options: UpOptions) -> None:
    line = json.dumps({"ready": url}) if options.output == "json" else f"ready {url}"
    print(line, flush=True)  # noqa: T201 - what `mesh up` promises on its standard output


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping
