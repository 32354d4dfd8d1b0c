"""The composition root: everything that runs is made here, and taken down in the reverse order."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager

from mesh import assembly
from mesh.addresses import Resolver
from mesh.assembly import Parts
from mesh.broker.broker import Broker
from mesh.broker.broker_class import KAFKA, MT, BrokerClass
from mesh.broker.client import AiohttpClient
from mesh.broker.delivery import Delivery
from mesh.broker.faults import Faults
from mesh.broker.history import History
from mesh.broker.ingress import Ingress
from mesh.broker.listener import Listener
from mesh.clock import SystemClock
from mesh.control.api import serving
from mesh.control.discovery import RunningMesh as Announcement
from mesh.control.discovery import announce, withdraw
from mesh.errors import InvalidManifests, MeshError, NotDone
from mesh.functions.hosting import Hosting, hosting
from mesh.ledger.sqlite import SqliteLedger
from mesh.manifests.immutable import immutable_problems
from mesh.manifests.model import Project
from mesh.manifests.project import load
from mesh.operations import RunningMesh
from mesh.options import UpOptions
from mesh.state import held

LEDGER_FILE = "ledger.sqlite"

logger = logging.getLogger(__name__)


async def up(options: UpOptions) -> int:
    """Run the mesh until SIGTERM or SIGINT; answer the process' exit status.

    Raises InvalidManifests for files it refuses, NotDone for an address or a state directory that is taken.
    """
    project = load(options.root)
    if project.problems:
        raise InvalidManifests(project.problems)
    stopping = _stop_signal()
    with held(options.state), _one_error():
        await _run(project, options, stopping)
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


async def _run(project: Project, options: UpOptions, stopping: asyncio.Event) -> None:
    clock = SystemClock()
    history = History(clock)
    faults = Faults()
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(closing(SqliteLedger(options.state / LEDGER_FILE)))
        client = await stack.enter_async_context(AiohttpClient())
        parts = Parts(ledger, Delivery(client, faults, clock), history, clock)
        brokers = assembly.brokers(project, parts)
        await assembly.subscribe(project, parts)
        ingress = Ingress({f"/{broker.key}".encode(): broker for broker in brokers}, _answering(brokers), clock)
        listener = await stack.enter_async_context(_listening(ingress, options))
        functions = await stack.enter_async_context(hosting(project, options, listener.url, clock))
        resolver = Resolver(functions, listener.url)
        assembly.dispatch(project, brokers, parts, resolver)
        operations = RunningMesh(brokers, functions, ledger, history, faults, resolver.broker_url, _warnings(project))
        await stack.enter_async_context(_console(operations, options))
        watch = functions.watch(_reload(project, functions, options))
        await _dispatch(brokers, ingress, listener, watch, options, stopping)


async def _dispatch(
    brokers: Sequence[Broker],
    ingress: Ingress,
    listener: Listener,
    watch: Coroutine[None, None, None],
    options: UpOptions,
    stopping: asyncio.Event,
) -> None:
    """Deliver until it is time to stop; then take no more in, and let what is in flight end within the grace."""
    dispatchers = [dispatcher for broker in brokers for dispatcher in broker.dispatchers]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one.run(), name=f"dispatch {one.route.key}") for one in dispatchers]
        watching = tasks.create_task(watch, name="watch files")
        ingress.ready = True
        _say_ready(listener.url, options)
        await stopping.wait()
        ingress.ready = False
        watching.cancel()
        await listener.stop(options.grace_seconds)
        for dispatcher in dispatchers:
            dispatcher.stop()
        _, late = await asyncio.wait(running, timeout=options.grace_seconds) if running else (set(), set())
        for task in late:
            logger.warning("%s did not end within %g s and is cut off", task.get_name(), options.grace_seconds)
            task.cancel()


def _reload(project: Project, functions: Hosting, options: UpOptions) -> Callable[[], Awaitable[None]]:
    """What a saved manifest or func.yaml sets off; the last good state stays when it is wrong."""

    async def reload() -> None:
        saved = load(options.root)
        wrong = [*saved.problems, *immutable_problems(project, saved)]
        if wrong:
            raise InvalidManifests(wrong)
        await functions.apply(saved)
        if (saved.brokers, saved.triggers) != (project.brokers, project.triggers):
            raise NotDone("saved brokers and triggers are valid, and take effect when the mesh is started again")

    return reload


@asynccontextmanager
async def _listening(ingress: Ingress, options: UpOptions) -> AsyncIterator[Listener]:
    listener = Listener(ingress, options.listen)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop(0.0)


@asynccontextmanager
async def _console(operations: RunningMesh, options: UpOptions) -> AsyncIterator[None]:
    async with serving(operations, options.console) as url:
        announce(options.state, Announcement(url, os.getpid()))
        try:
            yield
        finally:
            withdraw(options.state)


def _answering(brokers: Sequence[Broker]) -> BrokerClass:
    """The class that answers for paths that are no broker's."""
    return MT if brokers and all(broker.broker_class is MT for broker in brokers) else KAFKA


def _say_ready(url: str, options: UpOptions) -> None:
    line = json.dumps({"ready": url}) if options.output == "json" else f"ready {url}"
    print(line, flush=True)  # noqa: T201 - what `mesh up` promises on its standard output


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


def _warnings(project: Project) -> list[str]:
    return [str(warning) for warning in project.warnings]
