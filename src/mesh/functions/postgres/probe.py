"""Whether a Postgres takes sessions: the protocol's start-up message, and what the server answers to it."""

import asyncio
import struct
from pathlib import Path

PROTOCOL = 196608  # 3.0
READY_FOR_QUERY = b"Z"
ERROR = b"E"
TERMINATE = b"X\x00\x00\x00\x04"


class NotReady(Exception):  # noqa: N818 - the name says it
    """The server is away, starting up or refuses; the text is its own."""


async def session(socket: Path, user: str, database: str, *, within_seconds: float) -> None:
    """Open one session and close it. Raises NotReady.

    https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
    """
    try:
        async with asyncio.timeout(within_seconds):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(startup(user, database))
                await _until_ready(reader)
                writer.write(TERMINATE)
            finally:
                writer.close()
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        raise NotReady(str(error) or "no answer in time") from error


def startup(user: str, database: str) -> bytes:
    settings = f"user\0{user}\0database\0{database}\0\0".encode()
    return struct.pack("!ii", len(settings) + 8, PROTOCOL) + settings


async def _until_ready(reader: asyncio.StreamReader) -> None:
    kind = b""
    while kind != READY_FOR_QUERY:
        kind, length = struct.unpack("!ci", await reader.readexactly(5))
        body = await reader.readexactly(length - 4)
        if kind == ERROR:
            raise NotReady(message(body))


def message(fields: bytes) -> str:
    """The M field of an ErrorResponse."""
    return next((part[1:].decode(errors="replace") for part in fields.split(b"\0") if part[:1] == b"M"), "refused")
