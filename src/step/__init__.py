"""Turns one async function into a Knative function: `main, new = step(function)`.

A request is read top to bottom through `parliament` (or `asgi`) → `served` → `deliveries` → `inbox` → the function →
`reply`; a GET through `queries`.
"""

from step.context import Context
from step.database import Connection, Record
from step.errors import Reject, SettingError, Unavailable
from step.event import Event
from step.reply import Reply, derived_id
from step.served import step

__all__ = [
    "Connection",
    "Context",
    "Event",
    "Record",
    "Reject",
    "Reply",
    "SettingError",
    "Unavailable",
    "derived_id",
    "step",
]
