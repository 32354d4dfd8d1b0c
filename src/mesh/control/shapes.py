"""The control API's shapes, declared once: the server answers with them, the command line and OpenAPI read them.

Times are RFC 3339 text in UTC, durations ISO 8601 or seconds where the name says so.
"""

from typing import Annotated, Literal

import msgspec

Outcome = Literal[
    "not_matched", "pending", "in_flight", "waiting", "delivered", "sunk", "kept", "replayed", "discarded"
]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Common form of all shapes: immutable, named fields."""


class Asked(Shape, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes from outside: a field of another name is a mistake, not an extension."""


class BrokerStatus(Shape, frozen=True, kw_only=True):
    namespace: str
    name: str
    broker_class: str = msgspec.field(name="class")
    url: str


class TriggerStatus(Shape, frozen=True, kw_only=True):
    namespace: str
    name: str
    broker: str
    subscriber: str
    pending: int  # stored, not yet tried
    in_flight: int  # being attempted now, or waiting for the next attempt
    delivered: int
    failed: int  # attempts that failed
    dead: int  # sunk + kept


class FunctionStatus(Shape, frozen=True, kw_only=True):
    namespace: str
    name: str
    url: str
    replicas: int  # that take requests
    wanted: int = 0  # replicas, as the autoscaler decided
    starting: int = 0  # replicas
    held: int = 0  # requests that wait for a replica
    in_flight: int = 0  # requests that replicas work on
    mode: Literal["stable", "panic"] = "stable"
    failure: str | None = None  # why the last replica did not start or is not there any more, until another one is


class Status(Shape, frozen=True, kw_only=True):
    brokers: list[BrokerStatus]
    triggers: list[TriggerStatus]
    functions: list[FunctionStatus]
    warnings: list[str] = []


class Attempt(Shape, frozen=True, kw_only=True):
    """One attempt: its number from 1, what came back, how long it took, and the wait that followed."""

    number: int
    to: Literal["subscriber", "dead_letter_sink"]
    at: str
    seconds: float
    status: int | None  # None: no response
    error: str | None = None
    fault: bool = False  # made by `mesh fault`
    retry_in: float | None = None  # seconds, None when it was the last
    next_due: str | None = None


class Delivery(Shape, frozen=True, kw_only=True):
    """What one trigger did with an event."""

    trigger: str  # NS/NAME
    subscriber: str
    outcome: Outcome
    reason: str | None = None  # why it did not match, or why it was given up
    attempts_before_restart: int = 0
    last_before_restart: str | None = None
    attempts: list[Attempt] = []
    next_due: str | None = None  # while it waits, after a restart too, when no attempt is left to say so
    dead_letter: str | None = None  # the dead letter's id
    reply: "TracedEvent | None" = None
    sink_reply: "TracedEvent | None" = None  # the dead letter sink answered with an event


class TracedEvent(Shape, frozen=True, kw_only=True):
    id: str
    source: str
    type: str
    broker: str
    accepted_at: str | None
    seq: int = 0
    replay_of: str | None = None  # the dead letter that this delivery replays
    deliveries: list[Delivery] = []


class Trace(Shape, frozen=True, kw_only=True):
    """One event's tree; `sources` has more than one entry when the id is ambiguous, and then `event` is None.

    An event that was replayed has one tree for each time it was put in.
    """

    sources: list[str]
    events: list[TracedEvent]


class Setting(Shape, frozen=True, kw_only=True):
    name: str
    value: str
    origin: str  # 'broker/200-broker.yaml:19', or the rule that supplies a default


class Explanation(Shape, frozen=True, kw_only=True):
    trigger: str
    broker: str
    broker_class: str = msgspec.field(name="class")
    settings: list[Setting]
    waits: list[float]  # seconds before each retry


class Drained(Shape, frozen=True, kw_only=True):
    drained: bool
    pending: int
    in_flight: int  # being attempted or waiting
    kept: int


MOST_LETTERS = 10_000  # in one answer: about 2 MB; of the sunk ones there are no more


class DeadLetter(Shape, frozen=True, kw_only=True):
    id: str
    state: Literal["sunk", "kept"]
    trigger: str
    event_id: str
    event_source: str
    event_type: str
    destination: str
    code: int | None
    reason: str
    attempts: int
    died_at: str


class DeadLetterDetail(Shape, frozen=True, kw_only=True):
    letter: DeadLetter
    attributes: dict[str, str]
    data: str | None  # text when it is UTF-8
    data_base64: str | None


LETTERS_AT_ONCE = 1_000  # in one request: it is answered in a second or two


class Replay(Asked, frozen=True, kw_only=True):
    """Ask to deliver again; `data` (UTF-8 text) replaces the payload of exactly one dead letter.

    `all` takes the oldest, so many at `most`: ask again while some are left.
    """

    ids: list[str] = []
    all: bool = False
    most: Annotated[int, msgspec.Meta(ge=1, le=LETTERS_AT_ONCE)] = LETTERS_AT_ONCE  # of all
    data: str | None = None

    def __post_init__(self) -> None:
        if self.all == bool(self.ids):
            raise ValueError("name the dead letters to replay, or ask for all of them")
        if self.data is not None and len(self.ids) != 1:
            raise ValueError("data replaces the payload of exactly one dead letter")


class Discard(Asked, frozen=True, kw_only=True):
    ids: Annotated[list[str], msgspec.Meta(min_length=1)]


class Done(Shape, frozen=True, kw_only=True, omit_defaults=True):
    """The dead letters that a command acted on; where it acted on none, an error is the answer instead."""

    ids: list[str]
    left: int = 0  # that it was asked for, too
    error: str | None = None  # what ended it before these


class Fault(Asked, frozen=True, kw_only=True):
    """Change a trigger's next attempts: exactly one of status, delay (seconds) and drop."""

    trigger: str
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    delay: Annotated[float, msgspec.Meta(ge=0)] | None = None
    drop: bool = False
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None  # attempts; None: until cleared

    def __post_init__(self) -> None:
        if (self.status is not None) + (self.delay is not None) + self.drop != 1:
            raise ValueError("a fault is exactly one of status, delay and drop")


class Faults(Shape, frozen=True, kw_only=True):
    faults: list[Fault]


class Change(Shape, frozen=True, kw_only=True):
    """One line of `mesh watch`."""

    at: str
    what: str  # accepted, matched, attempt, waiting, delivered, sunk, kept, replayed, discarded, replica, reload …
    event_id: str | None = None
    event_source: str | None = None
    event_type: str | None = None
    trigger: str | None = None
    attempt: Attempt | None = None  # of what is an attempt
    detail: str = ""


class LogLine(Shape, frozen=True, kw_only=True):
    at: str
    function: str
    replica: str
    line: str


class Failure(Shape, frozen=True, kw_only=True):
    """The body of every answer that is not 2xx."""

    error: str
