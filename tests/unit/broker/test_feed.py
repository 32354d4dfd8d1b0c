"""What a broker's triggers are shown together: what it costs those that want other types, and who falls behind."""

import asyncio

import pytest

from mesh.broker.dispatcher import WINDOW
from mesh.broker.route import Route
from mesh.errors import LedgerUnavailable
from mesh.ledger.memory import MemoryLedger
from mesh.ledger.records import Advance, Change, Stored
from mesh.manifests.model import Exact, Prefix
from mesh.remembered import LONGEST
from support.clock import until
from support.delivering import SUBSCRIBER, Running, answer, retrying, routed, trigger
from support.events import BROKER, event

RIDES = routed(trigger("invoice", None, Exact({"type": "ride"})), retrying())
FEES = routed(trigger("fees", None, Exact({"type": "fee"})), retrying())
STARTING_WITH_F = routed(trigger("notify", None, Prefix({"type": "f"})), retrying())


class Watched(MemoryLedger):
    """Counts reads and remembers writes."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.written: list[Change] = []
        self.broken = False

    def read(self, broker: str, after: int, limit: int) -> list[Stored]:
        self.reads += 1
        if self.broken:
            raise LedgerUnavailable("the ledger cannot be read")
        return list(super().read(broker, after, limit))

    def write(self, *changes: Change) -> "asyncio.Future[list[int]]":
        self.written.extend(changes)
        return super().write(*changes)


@pytest.fixture
def ledger() -> Watched:
    return Watched()


def sent(mesh: Running, base: str = SUBSCRIBER) -> list[str]:
    return [one.id for one in mesh.client.events(base)]


async def publish(mesh: Running, *types: str) -> None:
    await asyncio.gather(*(mesh.publish(event(f"e-{number}", one)) for number, one in enumerate(types, 1)))
    await mesh.clock.advance(0)


async def test_long_types_are_looked_up_each_time(mesh: Running) -> None:
    async with mesh.dispatching(RIDES, FEES, STARTING_WITH_F):
        await publish(mesh, "f" * (LONGEST + 1), "f" * LONGEST)
    assert sent(mesh, "http://notify") == ["e-1", "e-2"]
    assert list(mesh.broker.feed._by_type) == ["f" * LONGEST]


async def test_each_trigger_gets_what_it_wants_in_the_order_of_arrival(mesh: Running) -> None:
    async with mesh.dispatching(RIDES, FEES, STARTING_WITH_F):
        await publish(mesh, "ride", "fee", "fare", "ride")
    assert sent(mesh) == ["e-1", "e-4"]
    assert sent(mesh, "http://fees") == ["e-2"]
    assert sent(mesh, "http://notify") == ["e-2", "e-3"]


async def test_events_are_read_once_whatever_the_number_of_triggers(mesh: Running, ledger: Watched) -> None:
    others = [routed(trigger(f"other-{number}", None, Exact({"type": "other"})), retrying()) for number in range(20)]
    async with mesh.dispatching(RIDES, *others):
        before = ledger.reads
        await publish(mesh, *["ride"] * 10)
        assert ledger.reads - before == 1
    assert len(sent(mesh)) == 10


async def test_a_trigger_of_other_types_is_not_asked(mesh: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def wants(route: Route, _: Stored) -> bool:
        asked.append(route.key)
        return True

    monkeypatch.setattr(Route, "wants", wants)
    async with mesh.dispatching(RIDES, FEES):
        await publish(mesh, "ride", "ride")
    assert asked == [RIDES.key, RIDES.key]


async def test_the_positions_of_all_who_have_nothing_under_way_are_one_write_for_a_while(
    mesh: Running, ledger: Watched
) -> None:
    async with mesh.dispatching(RIDES, FEES, STARTING_WITH_F):
        for _ in range(3):
            await publish(mesh, "ride")
        await until(lambda: ledger.read(BROKER, 0, 10) == [])
        (advance,) = [change for change in ledger.written if isinstance(change, Advance)]
        assert advance.position == 3
        assert {FEES.key, STARTING_WITH_F.key} <= set(advance.triggers)


async def test_one_that_falls_behind_reads_nothing_again_that_it_was_shown(mesh: Running) -> None:
    released = asyncio.Event()
    mesh.client.always[SUBSCRIBER] = released
    passed: list[str] = []
    mesh.broker.feed.passed = lambda stored, triggers: passed.extend([stored.event.type] * triggers)
    async with mesh.dispatching(RIDES):
        await publish(mesh, *["ride"] * WINDOW, *["fee"] * 3, "ride")
        released.set()
        await mesh.clock.advance(0)
    assert len(sent(mesh)) == WINDOW + 1
    assert passed == ["fee"] * 3


async def test_one_that_fell_behind_reads_on_for_itself_and_follows_again(mesh: Running, ledger: Watched) -> None:
    released = asyncio.Event()
    mesh.client.always[SUBSCRIBER] = released
    async with mesh.dispatching(RIDES, STARTING_WITH_F):
        await publish(mesh, *["ride", "fee"] * (WINDOW + 50))
        assert len(sent(mesh)) == WINDOW
        assert len(sent(mesh, "http://notify")) == WINDOW + 50
        mesh.client.always[SUBSCRIBER] = answer(204)
        released.set()
        await mesh.clock.advance(0)
        before = ledger.reads
        await publish(mesh, *["ride"] * 10)
        assert ledger.reads - before == 1
    numbers = [int(name.removeprefix("e-")) for name in sent(mesh)]
    assert numbers == [*range(1, 2 * WINDOW + 100, 2), *range(1, 11)]


async def test_a_ledger_that_cannot_be_read_is_met_by_those_who_read(mesh: Running, ledger: Watched) -> None:
    async def publish_to_broken() -> None:
        async with mesh.dispatching(RIDES, FEES):
            ledger.broken = True
            await publish(mesh, "ride")

    with pytest.raises(ExceptionGroup) as told:
        await publish_to_broken()
    assert told.group_contains(LedgerUnavailable, match="cannot be read")
