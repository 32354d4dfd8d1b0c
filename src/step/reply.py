"""The event that a step answers with; its attributes follow from its cause, so the same input gets the same reply."""

from datetime import datetime
from typing import Generic, Self, TypeVar
from uuid import NAMESPACE_URL, uuid5

import msgspec

from step.contract import Outgoing
from step.event import Event

Out_co = TypeVar("Out_co", bound=Outgoing, covariant=True)


class Cause(msgspec.Struct, frozen=True):
    """What a reply's attributes follow from. Its text is what a step's own tables keep."""

    source: str
    id: str
    correlation: str
    time: datetime

    @classmethod
    def of(cls, event: Event, at: datetime) -> Self:
        return cls(event.source, event.id, event.attributes.get("correlationid") or event.id, at)

    @classmethod
    def read(cls, text: str) -> Self:
        return msgspec.json.decode(text, type=cls)

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


class Reply(msgspec.Struct, Generic[Out_co], frozen=True):
    """An answer to another cause than this event: a repeat of an earlier reply, its id and time included.

    `to` is what `context.cause` was when that reply was made.
    """

    event: Out_co
    to: str


def written(reply: Reply[Outgoing], name: str) -> Event:
    """The reply as an event of the step of that name."""
    cause, fact = Cause.read(reply.to), reply.event
    source = f"//{fact.domain}/{name}"
    attributes = {
        "specversion": "1.0",
        "id": derived_id(source, cause.source, cause.id),
        "source": source,
        "type": fact.type,
        "subject": "/".join(fact.aggregate),
        "partitionkey": fact.aggregate[1],
        "time": msgspec.to_builtins(cause.time),
        "datacontenttype": "application/json",
        "causationid": cause.id,
        "correlationid": cause.correlation,
    }
    return Event(attributes, fact.encode())


def derived_id(*names: str) -> str:
    """The same id for the same names, in that order; no other names give it."""
    derived = NAMESPACE_URL
    for name in names:
        derived = uuid5(derived, name)
    return str(derived)
