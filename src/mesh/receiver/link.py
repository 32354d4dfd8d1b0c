"""Messages over one half of a socket pair: each is its length in four bytes, then itself as msgpack.

What waits to be written is bounded by what is taken from clients at once (`mesh.receiver.listener`): events by their
bytes, answers by their number.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Generic, TypeVar, cast

import msgspec

LENGTH_BYTES = 4
Message = TypeVar("Message")

_encode = msgspec.msgpack.encode


class Link(asyncio.Protocol, Generic[Message]):
    """`take` gets each message as it comes whole; `lost` is told when the other half is gone."""

    def __init__(
        self, decode: Callable[[bytes | bytearray], Message], take: Callable[[Message], None], lost: Callable[[], None]
    ) -> None:
        self._decode = decode
        self._take = take
        self._lost = lost
        self._received = bytearray()
        self._transport: asyncio.Transport

    async def open(self, half: socket.socket) -> None:
        """Begin, and own the socket from here on."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=half)

    def send(self, message: msgspec.Struct) -> None:
        """Say it, in order; to nobody when the other half is gone."""
        if self._transport.is_closing():
            return
        encoded = _encode(message)
        self._transport.write(len(encoded).to_bytes(LENGTH_BYTES) + encoded)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._lost()

    def data_received(self, data: bytes) -> None:
        self._received += data
        begin = 0
        while (end := self._end_of(begin)) is not None:
            self._take(self._decode(self._received[begin + LENGTH_BYTES : end]))
            begin = end
        del self._received[:begin]

    def _end_of(self, begin: int) -> int | None:
        """Where the message that begins there ends; None while it is not here whole."""
        body = begin + LENGTH_BYTES
        end = body + int.from_bytes(self._received[begin:body])
        return end if end <= len(self._received) else None
