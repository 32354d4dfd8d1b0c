"""The running mesh as operators see it: implements the control API."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from mesh.broker import backlog
from mesh.broker.backlog import Outstanding
from mesh.broker.broker import Broker
from mesh.broker.dead_letters import DeadLetters
from mesh.broker.dispatcher import Dispatcher
from mesh.broker.explain import explain
from mesh.broker.faults import Faults
from mesh.broker.history import History
from mesh.broker.trace import Tracer
from mesh.control import shapes
from mesh.errors import NotFound
from mesh.functions.port import Functions
from mesh.ledger.port import Ledger


class RunningMesh:
    """Puts the parts' answers into the control API's shapes."""

    def __init__(
        self,
        brokers: Mapping[str, Broker],
        functions: Functions,
        ledger: Ledger,
        history: History,
        faults: Faults,
        url: Callable[[str], str],
        warnings: Callable[[], Sequence[str]],
    ) -> None:
        self._brokers = brokers
        self._functions = functions
        self._ledger = ledger
        self._history = history
        self._faults = faults
        self._url = url
        self._warnings = warnings
        self._dead_letters = DeadLetters(brokers, ledger, history)

    async def status(self) -> shapes.Status:
        return shapes.Status(
            brokers=[self._broker_status(broker) for broker in self._brokers.values()],
            triggers=await self._trigger_statuses(),
            functions=list(self._functions.status()),
            warnings=list(self._warnings()),
        )

    async def trace(self, event_id: str, source: str | None) -> shapes.Trace:
        routes = [dispatcher.route for dispatcher in self._dispatchers()]
        found = Tracer(self._history, self._ledger, routes).trace(event_id, source)
        if not found.sources or (source is not None and not found.events):
            which = f"{event_id} from {source}" if source else event_id
            raise NotFound(f"no event {which} is stored or among the newest; `mesh watch` shows what comes in")
        return found

    def explain(self, trigger: str) -> shapes.Explanation:
        return explain(self._dispatcher(trigger).route)

    async def drained(self, event_type: str | None, trigger: str | None) -> shapes.Drained:
        dispatchers = self._dispatchers() if trigger is None else [self._dispatcher(trigger)]
        keys = {dispatcher.route.key for dispatcher in dispatchers} if trigger else None
        while True:
            counted = await backlog.count(self._ledger, dispatchers, event_type)
            kept = self._dead_letters.kept(keys, event_type)
            left = counted.pending + counted.in_flight + kept
            if left or counted.at_once:  # nothing found while events went from hand to hand is no proof
                return shapes.Drained(
                    drained=left == 0, pending=counted.pending, in_flight=counted.in_flight, kept=kept
                )

    async def dead_letters(self, event_type: str | None, trigger: str | None) -> list[shapes.DeadLetter]:
        return await self._dead_letters.listed(event_type, None if trigger is None else self._named(trigger))

    async def dead_letter(self, letter_id: str) -> shapes.DeadLetterDetail:
        return self._dead_letters.show(letter_id)

    async def replay(self, request: shapes.Replay) -> shapes.Done:
        return await self._dead_letters.replay(request)

    async def discard(self, request: shapes.Discard) -> shapes.Done:
        return await self._dead_letters.discard(request.ids)

    def set_fault(self, fault: shapes.Fault) -> shapes.Faults:
        key = self._dispatcher(fault.trigger).route.key
        named = shapes.Fault(trigger=key, status=fault.status, delay=fault.delay, drop=fault.drop, times=fault.times)
        self._faults.set(named)
        return shapes.Faults(faults=self._faults.all())

    def clear_faults(self) -> shapes.Faults:
        self._faults.clear()
        return shapes.Faults(faults=[])

    def watch(self) -> AsyncIterator[shapes.Change]:
        return self._history.watch()

    def logs(self, function: str, *, follow: bool) -> AsyncIterator[shapes.LogLine]:
        return self._functions.logs(function, follow=follow)

    def _broker_status(self, broker: Broker) -> shapes.BrokerStatus:
        namespace, _, name = broker.key.partition("/")
        return shapes.BrokerStatus(
            namespace=namespace, name=name, broker_class=broker.broker_class.name, url=self._url(broker.key)
        )

    async def _trigger_statuses(self) -> list[shapes.TriggerStatus]:
        dispatchers = self._dispatchers()
        outstanding = (await backlog.count(self._ledger, dispatchers)).by_trigger
        dead = self._dead_letters.by_trigger()
        return [
            self._trigger_status(dispatcher, outstanding.get(dispatcher.route.key, Outstanding()), dead)
            for dispatcher in dispatchers
        ]

    def _trigger_status(
        self, dispatcher: Dispatcher, outstanding: Outstanding, dead: Counter[str]
    ) -> shapes.TriggerStatus:
        trigger, key = dispatcher.route.trigger, dispatcher.route.key
        return shapes.TriggerStatus(
            namespace=trigger.namespace,
            name=trigger.name,
            broker=trigger.broker,
            subscriber=dispatcher.route.subscriber.url,
            pending=outstanding.pending,
            in_flight=outstanding.in_flight,
            delivered=self._history.delivered[key],
            failed=self._history.failed[key],
            dead=dead[key],
        )

    def _dispatchers(self) -> list[Dispatcher]:
        return [dispatcher for broker in self._brokers.values() for dispatcher in broker.dispatchers]

    def _dispatcher(self, trigger: str) -> Dispatcher:
        key = self._named(trigger)
        return next(dispatcher for dispatcher in self._dispatchers() if dispatcher.route.key == key)

    def _named(self, trigger: str) -> str:
        """Find a trigger by NS/NAME, or by a name that only one has."""
        keys = [dispatcher.route.key for dispatcher in self._dispatchers()]
        found = [key for key in keys if trigger in (key, key.partition("/")[2])]
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFound(f"several triggers are named {trigger}: write one of {', '.join(found)}")
        raise NotFound(f"no trigger {trigger}: there are {', '.join(keys) or 'none'}")
