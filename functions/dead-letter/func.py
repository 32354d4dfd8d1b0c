"""The broker's dead letter sink: keeps what could not be delivered until it is replayed or discarded."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from cabs.events import DiscardDeadLetters, ReplayDeadLetters
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
        return await bury(event, context)
    command = event.decode(ReplayDeadLetters, DiscardDeadLetters)
    letters = await context.database.fetch(OPEN, command.id, command.of_type)
    if not letters:
        raise Reject(f"no open dead letter has the {'id' if command.id else 'type'} {command.id or command.of_type}")
    if isinstance(command, ReplayDeadLetters):
        for original in originals(letters, bytes(command.data)):
            await context.send(original)
    state = "replayed" if isinstance(command, ReplayDeadLetters) else "discarded"
    await context.database.execute(CLOSE, state, [row["id"] for row in letters], [row["count"] for row in letters])
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
        *(event.id, event.source, event.type, destination),
        int(code) if code.isdecimal() else None,
        reason(event.attributes),
        json.dumps(event.attributes),
        event.data,
        context.now(),
    )


def reason(attributes: Mapping[str, str]) -> str:
    """The step's own words where the broker passed them on, else what it answered."""
    if OF_A_STEP in attributes:
        return unquote(attributes[OF_A_STEP])
    try:
        answered = base64.b64decode(attributes.get("knativeerrordata", ""))
    except binascii.Error:
        return ""
    return answered.decode(errors="replace").replace("\x00", "")


def originals(letters: Sequence[Record], data: bytes) -> list[Event]:
    """The events as they were before they died, or the only one with other data."""
    if data and len(letters) > 1:
        raise Reject(f"data can replace the payload of one dead letter, not of {len(letters)}: name its id")
    return [original(letter, data) for letter in letters]


def original(letter: Record, data: bytes) -> Event:
    attributes = json.loads(letter["attributes"])
    kept = {
        name: value for name, value in attributes.items() if not name.startswith(OF_THE_BROKER) and name != OF_A_STEP
    }
    return Event(kept | {"datacontenttype": "application/json"}, data) if data else Event(kept, letter["data"])


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
