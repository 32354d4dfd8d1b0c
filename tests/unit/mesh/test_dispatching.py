"""Brokers and their triggers, between the files that are read and the dispatchers that run."""

import asyncio

from mesh.broker.broker_class import MT
from mesh.broker.delivery import Delivery
from mesh.broker.faults import Faults
from mesh.broker.history import History
from mesh.dispatching import Dispatching, Parts
from mesh.ledger.memory import MemoryLedger
from mesh.manifests.model import Project
from support.clock import FakeClock, settle
from support.delivering import ScriptedClient, manifest, trigger
from support.events import BROKER, event


async def test_what_comes_before_the_triggers_are_served_waits_for_them_too() -> None:
    clock, ledger = FakeClock(), MemoryLedger()
    parts = Parts(ledger, Delivery(ScriptedClient(clock), Faults(), clock), History(clock), clock)
    project = Project("", (manifest(None, MT),), (trigger(), trigger("notify")))
    told = list[bool | Exception]()
    async with asyncio.TaskGroup() as tasks:
        dispatching = Dispatching(parts, tasks)
        dispatching.open(project)
        await dispatching.subscribe(project)
        broker = dispatching.brokers[BROKER]
        broker.publish(event(), told.append)
        await settle()
        (stored,) = ledger.read(BROKER, 0, 1)
        for _ in project.triggers:
            assert told == []
            broker.settled(stored, ok=True)
            await settle()
    assert told == [True]
