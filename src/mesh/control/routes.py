"""The control API's routes, declared once: the server, the client and the OpenAPI document all come from this table."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from mesh.control import shapes
from mesh.control.port import Operations

In = TypeVar("In", bound=shapes.Shape)
Out = TypeVar("Out")


class Nothing(shapes.Asked, frozen=True, kw_only=True):
    """No parameters."""


class EventQuery(shapes.Asked, frozen=True, kw_only=True):
    id: str
    source: str | None = None


class TriggerQuery(shapes.Asked, frozen=True, kw_only=True):
    trigger: str  # NS/NAME, or a bare name that is unambiguous


class Selection(shapes.Asked, frozen=True, kw_only=True):
    type: str | None = None
    trigger: str | None = None


class DeadLetterQuery(shapes.Asked, frozen=True, kw_only=True):
    id: str


class LogsQuery(shapes.Asked, frozen=True, kw_only=True):
    function: str
    follow: bool = False


@dataclass(frozen=True, slots=True)
class Route(Generic[In, Out]):
    """`asks` travels in path and query of a GET or DELETE and as JSON of a POST; `answers` is JSON.

    `name` is the operation's id in the OpenAPI document.
    """

    name: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    asks: type[In]
    answers: type[Out]


@dataclass(frozen=True, slots=True)
class Call(Route[In, Out]):
    """One question, one answer."""

    run: Callable[[Operations, In], Out | Awaitable[Out]]


@dataclass(frozen=True, slots=True)
class Stream(Route[In, Out]):
    """JSON lines, one `answers` each; an empty line only says that the mesh is still there."""

    run: Callable[[Operations, In], AsyncIterator[Out]]


@dataclass(frozen=True, slots=True)
class Page:
    """A document that takes no parameters."""

    path: str
    media_type: str
    summary: str


STATUS = Call(
    "status",
    "GET",
    "/status",
    "Brokers, triggers with their counts, functions with their replicas.",
    Nothing,
    shapes.Status,
    lambda mesh, _: mesh.status(),
)
TRACE = Call(
    "trace",
    "GET",
    "/trace",
    "What became of an event: each trigger, its attempts, the reply and what became of that.",
    EventQuery,
    shapes.Trace,
    lambda mesh, asked: mesh.trace(asked.id, asked.source),
)
EXPLAIN = Call(
    "explain",
    "GET",
    "/explain",
    "A trigger's effective delivery: where each setting comes from, and the wait before every retry.",
    TriggerQuery,
    shapes.Explanation,
    lambda mesh, asked: mesh.explain(asked.trigger),
)
DRAINED = Call(
    "drained",
    "GET",
    "/drained",
    "Whether anything of a type or of a trigger is left in the ledger.",
    Selection,
    shapes.Drained,
    lambda mesh, asked: mesh.drained(asked.type, asked.trigger),
)
DEAD_LETTERS = Call(
    "deadLetters",
    "GET",
    "/dead-letters",
    f"Events that were given up and neither replayed nor discarded; the oldest {shapes.MOST_LETTERS} at most.",
    Selection,
    list[shapes.DeadLetter],
    lambda mesh, asked: mesh.dead_letters(asked.type, asked.trigger),
)
DEAD_LETTER = Call(
    "deadLetter",
    "GET",
    "/dead-letters/{id}",
    "One dead letter with its event.",
    DeadLetterQuery,
    shapes.DeadLetterDetail,
    lambda mesh, asked: mesh.dead_letter(asked.id),
)
REPLAY = Call(
    "replay",
    "POST",
    "/dead-letters/replay",
    f"Deliver dead letters again, each to the trigger that failed; of all, the oldest {shapes.LETTERS_AT_ONCE}.",
    shapes.Replay,
    shapes.Done,
    lambda mesh, asked: mesh.replay(asked),
)
DISCARD = Call(
    "discard",
    "POST",
    "/dead-letters/discard",
    "Close dead letters without delivering them.",
    shapes.Discard,
    shapes.Done,
    lambda mesh, asked: mesh.discard(asked),
)
SET_FAULT = Call(
    "setFault",
    "POST",
    "/faults",
    "Change a trigger's next attempts on purpose; answers with all faults that are set.",
    shapes.Fault,
    shapes.Faults,
    lambda mesh, asked: mesh.set_fault(asked),
)
CLEAR_FAULTS = Call(
    "clearFaults",
    "DELETE",
    "/faults",
    "Clear every fault.",
    Nothing,
    shapes.Faults,
    lambda mesh, _: mesh.clear_faults(),
)
WATCH = Stream(
    "watch",
    "GET",
    "/events",
    "What happens, live, one line a change.",
    Nothing,
    shapes.Change,
    lambda mesh, _: mesh.watch(),
)
LOGS = Stream(
    "logs",
    "GET",
    "/functions/{function}/logs",
    "A function's output, oldest line first; with follow the stream does not end.",
    LogsQuery,
    shapes.LogLine,
    lambda mesh, asked: mesh.logs(asked.function, follow=asked.follow),
)

ROUTES: tuple[Call[Any, Any] | Stream[Any, Any], ...] = (
    STATUS,
    TRACE,
    EXPLAIN,
    DRAINED,
    DEAD_LETTERS,
    DEAD_LETTER,
    REPLAY,
    DISCARD,
    SET_FAULT,
    CLEAR_FAULTS,
    WATCH,
    LOGS,
)

INDEX = Page("/", "text/plain", "The list of routes.")
METRICS = Page("/metrics", "text/plain; version=0.0.4", "The counts of /status for Prometheus.")
OPENAPI = Page("/openapi.json", "application/json", "The OpenAPI document.")
PAGES = (INDEX, METRICS, OPENAPI)
