"""The broker's dead letter sink: keeps what could not be delivered until it is replayed or discarded."""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from cabs.events import DeadLetterCommand, DiscardDeadLetters, ReplayDeadLetters
from step import Connection, Context, Event, Record, Reject, derived_id, step

BURY = """
INSERT INTO dead_letter.letters AS letter
    (id, event_id, event_source, event_type, destination, code, reason, attributes, data, died_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET  -- it died again
    code = excluded.code, reason = excluded.reason, attributes = excluded.attributes, data = excluded.data,
    died_at = excluded.died_at, count = letter.count + 1, state = 'open'
"""
OPEN = """
SELECT * FROM dead_letter.letters
WHERE state = 'open' AND ($1 IN (id, event_id) OR event_type = $2) AND died_at <= $3
ORDER BY died_at, id LIMIT $4
"""
# Nothing is locked while letters are sent: one that died again meanwhile has another count, and stays open.
CLOSE = """
UPDATE dead_letter.letters AS letter SET state = 'replayed'
FROM unnest($1::text[], $2::bigint[]) AS seen (id, count) WHERE letter.id = seen.id AND letter.count = seen.count
"""
DISCARD = """
UPDATE dead_letter.letters SET state = 'discarded'
WHERE state = 'open' AND ($1 IN (id, event_id) OR event_type = $2) RETURNING id
"""
LIST = """
SELECT * FROM dead_letter.letters
WHERE ($1::text IS NULL OR event_type = $1) AND ($2::text IS NULL OR $2 IN (id, event_id))
  AND ($3::text IS NULL OR state = $3)
ORDER BY died_at
"""
STATES = ("open", "replayed", "discarded")
BATCH = 100  # letters sent in one transaction; a second for each round of senders still ends before its deadline
SENDERS = 8
OF_THE_BROKER = ("knativeerror", "knativekafka", "kne")
OF_A_STEP = "reason"  # what the Kafka class makes of a step's kne-reason


async def dead_letter(event: Event, context: Context) -> ReplayDeadLetters | None:
    if is_dead(event):
        await bury(event, context)
        return None
    command: DeadLetterCommand = event.decode(ReplayDeadLetters, DiscardDeadLetters)
    if isinstance(command, ReplayDeadLetters):
        return await replay(command, context)
    await discard(command, context)
    return None


def is_dead(event: Event) -> bool:
    return "knativeerrordest" in event.attributes


def is_command(event: Event) -> bool:
    return not is_dead(event)


async def bury(event: Event, context: Context) -> None:
    destination, code = event.attributes["knativeerrordest"], event.attributes.get("knativeerrorcode", "")
    await context.database.execute(
        BURY,
        derived_id(event.source, event.id, destination),
        *map(kept, (event.id, event.source, event.type, destination)),
        int(code) if re.fullmatch("[0-9]{3}", code) else None,
        reason(event.attributes),
        json.dumps(event.attributes),
        event.data,
        context.now(),
    )


def reason(attributes: Mapping[str, str]) -> str:
    """The step's own words where the broker passed them on, else what was answered."""
    own, body = attributes.get(OF_A_STEP), attributes.get("knativeerrordata", "")
    return kept(unquote(own) if own else answered(body))


def kept(text: str) -> str:
    """Postgres keeps no NUL in text; in the column of the attributes it is escaped."""
    return text.replace("\x00", "")


def answered(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:
        return encoded


async def replay(command: ReplayDeadLetters, context: Context) -> ReplayDeadLetters | None:
    """Send one batch. The reply is the command for the rest: it comes back when this batch is committed."""
    until = command.until or context.now()  # what dies again of being replayed is not replayed again
    letters = await context.database.fetch(OPEN, command.id, command.of_type, until, BATCH + 1)
    if not (letters or command.until):
        raise nothing_open(command)
    batch = letters[:BATCH]
    await send(originals(letters, command.correction)[:BATCH], context)
    await context.database.execute(CLOSE, [row["id"] for row in batch], [row["count"] for row in batch])
    return ReplayDeadLetters(id=command.id, of_type=command.of_type, until=until) if len(letters) > BATCH else None


async def discard(command: DeadLetterCommand, context: Context) -> None:
    if not await context.database.fetch(DISCARD, command.id, command.of_type):
        raise nothing_open(command)


def nothing_open(command: DeadLetterCommand) -> Reject:
    return Reject(f"no open dead letter has the {'id' if command.id else 'type'} {command.id or command.of_type}")


async def send(events: Iterable[Event], context: Context) -> None:
    """Send a few at a time; the first failure stops them all."""
    left = iter(events)

    async def send_what_is_left() -> None:
        for event in left:
            await context.send(event)

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(SENDERS):
                group.create_task(send_what_is_left(), name=f"sender {number}")
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures


def originals(letters: Sequence[Record], correction: bytes | None) -> list[Event]:
    """The events as they were before they died; `correction` replaces the payload of a single one."""
    if correction is not None and len(letters) > 1:
        raise Reject("data can replace the payload of one dead letter, not of several: name its own id")
    return [original(letter, correction) for letter in letters]


def original(letter: Record, correction: bytes | None) -> Event:
    attributes = {name: value for name, value in json.loads(letter["attributes"]).items() if is_of_the_event(name)}
    if correction is None:
        return Event(attributes, letter["data"])
    return Event(attributes | {"datacontenttype": "application/json"}, correction)


def is_of_the_event(name: str) -> bool:
    return name != OF_A_STEP and not name.startswith(OF_THE_BROKER)


async def dead_letters(asked: Mapping[str, str], database: Connection) -> list[dict[str, Any]]:
    if asked.get("state", "open") not in STATES:
        raise Reject(f"state is one of {', '.join(STATES)}")
    return [shown(letter) for letter in await database.fetch(LIST, *map(asked.get, ("type", "id", "state")))]


def shown(letter: Record) -> dict[str, Any]:
    attributes = json.loads(letter["attributes"])
    try:
        return {**letter, "attributes": attributes, "data": letter["data"].decode(), "data_base64": None}
    except UnicodeDecodeError:
        return {**letter, "attributes": attributes, "data": None, "data_base64": letter["data"]}


main, new = step(dead_letter, query=dead_letters, once=is_command)
