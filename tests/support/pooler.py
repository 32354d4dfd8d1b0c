"""A pooler as PgBouncer in transaction mode: each transaction has another of its two server connections."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

SOCKET = ".s.PGSQL.5432"
IDLE = b"Z\x00\x00\x00\x05I"  # ReadyForQuery, outside of a transaction
KEY, OWN_KEY = b"K", b"K\x00\x00\x00\x0c" + bytes(8)  # BackendKeyData: process and secret
SERVERS = 2


class Streams(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Pooler:
    """Its servers must trust whoever connects; the first client's user and database are those of all."""

    def __init__(self, server: Path) -> None:
        self._server = server / SOCKET
        self._idle: asyncio.Queue[Streams] = asyncio.Queue()
        self._greeting: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        startup = await _packet(reader)
        if not self._greeting:
            for _ in range(SERVERS):
                await self._open(startup)
        writer.writelines(self._greeting)
        answering: asyncio.Task[None] | None = None
        while message := await _message(reader):
            if answering is None or answering.done():
                server = await self._idle.get()
                answering = asyncio.create_task(self._answer(server, writer), name="answer a transaction")
            server.writer.write(message)
        writer.close()

    def close(self) -> None:
        """Leave the servers, once no transaction runs."""
        while not self._idle.empty():
            self._idle.get_nowait().writer.close()

    async def _open(self, startup: bytes) -> None:
        server = Streams(*await asyncio.open_unix_connection(self._server))
        server.writer.write(startup)
        self._greeting = []
        while IDLE not in self._greeting:
            message = await _message(server.reader)
            self._greeting.append(OWN_KEY if message.startswith(KEY) else message)
        self._idle.put_nowait(server)

    async def _answer(self, server: Streams, writer: asyncio.StreamWriter) -> None:
        while (message := await _message(server.reader)) != IDLE:
            writer.write(message)
        self._idle.put_nowait(server)
        writer.write(message)


@asynccontextmanager
async def pooler(server: Path) -> AsyncIterator[Path]:
    """Yield the directory of its socket."""
    with tempfile.TemporaryDirectory(prefix="pooler", dir="/tmp") as directory:
        between = Pooler(server)
        listening = await asyncio.start_unix_server(between.serve, Path(directory, SOCKET))
        yield Path(directory)
        listening.close()
        between.close()


async def _packet(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length) - 4)


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Its type and its packet; nothing at the end, or at the client's word that this is it."""
    kind = await reader.read(1)
    return b"" if kind in (b"", b"X") else kind + await _packet(reader)
