"""The broker's dead letter sink: keeps what could not be delivered until it is replayed or discarded."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
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
OPEN = "SELECT * FROM dead_letter.letters WHERE state = 'open' AND (id = $1 OR event_type = $2) ORDER BY died_at"
# Nothing is locked while letters are sent: one that died again meanwhile has another count, and stays open.
CLOSE = """
UPDATE dead_letter.letters AS letter SET state = $1
FROM unnest($2::text[], $3::bigint[]) AS seen (id, count) WHERE letter.id = seen.id AND letter.count = seen.count
"""
LIST = """
SELECT * FROM dead_letter.letters
WHERE ($1::text IS NULL OR event_type = $1) AND ($2::text IS NULL OR $2 IN (id, event_id))
  AND ($3::text IS NULL OR state = $3)
ORDER BY died_at
"""
STATES = ("open", "replayed", "discarded")
OF_THE_BROKER = ("knativeerror", "knativekafka", "kne")
OF_A_STEP = "reason"  # what the Kafka class makes of a step's kne-reason


async def dead_letter(event: Event, context: Context) -> None:
    if is_dead(event):
        await bury(event, context)
    else:
        await obey(event.decode(ReplayDeadLetters, DiscardDeadLetters), context)


def is_dead(event: Event) -> bool:
    return "knativeerrordest" in event.attributes


def is_command(event: Event) -> bool:
    return not is_dead(event)


async def bury(event: Event, context: Context) -> None:
    destination, code = event.attributes["knativeerrordest"], event.attributes.get("knativeerrorcode", "")
    await context.database.execute(
        BURY,
        derived_id(event.source, event.id, destination),
        *(event.id, event.source, event.type, destination),
        int(code) if re.fullmatch("[0-9]{3}", code) else None,
        reason(event.attributes),
        json.dumps(event.attributes),
        event.data,
        context.now(),
    )


def reason(attributes: Mapping[str, str]) -> str:
    """The step's own words where the broker passed them on, else what was answered; Postgres keeps no NUL in text."""
    own, body = attributes.get(OF_A_STEP), attributes.get("knativeerrordata", "")
    return (unquote(own) if own else answered(body)).replace("\x00", "")


def answered(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:
        return encoded


async def obey(command: DeadLetterCommand, context: Context) -> None:
    letters = await context.database.fetch(OPEN, command.id, command.of_type)
    if not letters:
        raise Reject(f"no open dead letter has the {'id' if command.id else 'type'} {command.id or command.of_type}")
    state = "discarded"
    if isinstance(command, ReplayDeadLetters):
        state = "replayed"
        for original in originals(letters, bytes(command.data)):
            await context.send(original)
    await context.database.execute(CLOSE, state, [row["id"] for row in letters], [row["count"] for row in letters])


def originals(letters: Sequence[Record], data: bytes) -> list[Event]:
    """The events as they were before they died; `data` replaces the payload of a single one."""
    if data and len(letters) > 1:
        raise Reject(f"data can replace the payload of one dead letter, not of {len(letters)}: name its id")
    return [original(letter, data) for letter in letters]


def original(letter: Record, data: bytes) -> Event:
    attributes = {name: value for name, value in json.loads(letter["attributes"]).items() if is_of_the_event(name)}
    return (
        Event(attributes | {"datacontenttype": "application/json"}, data) if data else Event(attributes, letter["data"])
    )


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
