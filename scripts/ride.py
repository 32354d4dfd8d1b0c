"""`make ride`: sends one ride to the running mesh, follows it until it is settled, and shows what each step did."""

import http.client
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mesh.control.shapes import Delivery, Status, Trace, TracedEvent

TYPE = "cabs.rides.complete-ride"
BROKER = ("cabs", "default")
PROJECTION = ("cabs", "ride-status")
DEADLINE_SECONDS = 120.0
PAUSE_SECONDS = 0.2
ANSWER_WITHIN_SECONDS = 30.0  # a function that has no replica yet starts one first
HEADINGS = ("when", "event", "step", "outcome", "attempts", "emitted")
UNFINISHED = {"pending", "in_flight", "waiting"}


class NotSettled(Exception):  # noqa: N818 - the name says what is wrong
    """The ride did not get to its end, and why."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where rides are sent to, and where it is asked how far they are."""

    broker: str
    ride_status: str


def main() -> int:
    try:
        status = msgspec.json.decode(_mesh("status"), type=Status)
        _ride(f"r-{uuid.uuid4().hex[:8]}", addresses(status))
    except NotSettled as problem:
        print(f"ride: {problem}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:  # the mesh has said why
        return failed.returncode
    except KeyboardInterrupt:
        return 130
    return 0


def addresses(status: Status) -> Addresses:
    """Find both in what `mesh status` says; raises NotSettled when the mesh runs something else."""
    brokers = [broker.url for broker in status.brokers if (broker.namespace, broker.name) == BROKER]
    functions = [function.url for function in status.functions if (function.namespace, function.name) == PROJECTION]
    if not brokers or not functions:
        names = f"broker {'/'.join(BROKER)} and function {'/'.join(PROJECTION)}"
        raise NotSettled(f"the running mesh has not both {names}: start it here with `make run`")
    return Addresses(brokers[0], functions[0])


def _ride(ride_id: str, at: Addresses) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    send(at.broker, ride_id)
    print(f"\nsent {TYPE} {ride_id} to {at.broker}: 202", flush=True)
    known = follow(f"{at.ride_status.rstrip('/')}/?ride_id={ride_id}", deadline)
    print("\n" + "\n".join(table(_last_trace(ride_id, deadline))))
    print(f"\nride-status answers\n{json.dumps(known, indent=2, ensure_ascii=False)}", flush=True)
    if not is_settled(known):
        raise NotSettled(
            f"{ride_id} is not settled after {DEADLINE_SECONDS:.0f} s: `mesh trace {ride_id}` shows what it waits for"
        )


def send(broker: str, ride_id: str) -> None:
    """Post the command as any app would, in binary mode; raises NotSettled unless it is answered 202."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": ride_id,
        "ce-source": "//cabs/app",
        "ce-type": TYPE,
        "content-type": "application/json",
    }
    ride = {
        "ride_id": ride_id,
        "passenger_id": "p-42",
        "driver_id": "d-7",
        "distance_km": "12.5",
        "duration_min": 25,
    }
    try:
        status, body = _exchange("POST", broker, json.dumps(ride).encode(), headers)
    except (OSError, http.client.HTTPException) as error:
        raise NotSettled(f"{broker} does not answer: {error}") from error
    if status != HTTPStatus.ACCEPTED:
        raise NotSettled(f"{broker} answered {status}: {body.decode(errors='replace').strip() or 'no body'}")


def follow(url: str, deadline: float) -> dict[str, Any] | None:
    """Ask until the ride is settled or `deadline` (monotonic) is over; answer what is known of it then."""
    known = _asked(url)
    while not is_settled(known) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        known = _asked(url) or known
    return known


def is_settled(known: dict[str, Any] | None) -> bool:
    return known is not None and known["state"] == "settled"


def _asked(url: str) -> dict[str, Any] | None:
    """Ask ride-status; None while it has not heard of the ride, or does not answer just now."""
    try:
        status, body = _exchange("GET", url)
        known: dict[str, Any] | None = json.loads(body) if status == HTTPStatus.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return known


def _exchange(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_SECONDS)
    try:
        connection.request(method, f"{parts.path or '/'}?{parts.query}".rstrip("?"), body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _last_trace(ride_id: str, deadline: float) -> Trace:
    """Trace the ride; what has just settled may need a moment until its last delivery is recorded, too."""
    trace = _trace(ride_id)
    while time.monotonic() < deadline and any(each.outcome in UNFINISHED for _, each in deliveries(trace.events)):
        time.sleep(PAUSE_SECONDS)
        trace = _trace(ride_id)
    return trace


def _trace(ride_id: str) -> Trace:
    return msgspec.json.decode(_mesh("trace", ride_id), type=Trace)


def _mesh(*words: str) -> bytes:
    command = (sys.executable, "-m", "mesh", *words, "-o", "json")
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def table(trace: Trace) -> list[str]:
    """Render a line for each delivery, in the order in which they ended; times count from the acceptance."""
    accepted = min((_instant(event.accepted_at) for event in trace.events if event.accepted_at), default=None)
    tried = [(event, each) for event, each in deliveries(trace.events) if each.outcome != "not_matched"]
    ended = sorted(((_ended(each), event, each) for event, each in tried), key=lambda row: _order(row[0]))
    rows = [HEADINGS, *(_row(_offset(end, accepted), event, each) for end, event, each in ended)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def deliveries(events: Sequence[TracedEvent]) -> Iterator[tuple[TracedEvent, Delivery]]:
    """Yield every delivery of these events and of all that came of them."""
    for event in events:
        for delivery in event.deliveries:
            yield event, delivery
            yield from deliveries(_emitted(delivery))


def _emitted(delivery: Delivery) -> list[TracedEvent]:
    return [event for event in (delivery.reply, delivery.sink_reply) if event is not None]


def _row(when: str, event: TracedEvent, delivery: Delivery) -> tuple[str, ...]:
    attempts = delivery.attempts_before_restart + sum(each.to == "subscriber" for each in delivery.attempts)
    step = delivery.trigger.rpartition("/")[2]
    emitted = ", ".join(reply.type for reply in _emitted(delivery))
    return when, event.type, step, delivery.outcome, str(attempts), emitted


def _ended(delivery: Delivery) -> datetime | None:
    if not delivery.attempts or delivery.outcome in UNFINISHED:
        return None
    last = delivery.attempts[-1]
    return _instant(last.at) + timedelta(seconds=last.seconds)


def _order(end: datetime | None) -> tuple[bool, float]:
    """What has not ended comes last."""
    return end is None, 0.0 if end is None else end.timestamp()


def _offset(end: datetime | None, accepted: datetime | None) -> str:
    if end is None or accepted is None:
        return "-"
    return f"+{(end - accepted).total_seconds():.3f} s"


def _instant(rfc3339: str) -> datetime:
    return datetime.fromisoformat(rfc3339)


if __name__ == "__main__":
    sys.exit(main())
