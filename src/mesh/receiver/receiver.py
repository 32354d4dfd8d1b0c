"""The receiver's composition root: the ingress and its server, with the mesh at the other end of a link."""

import asyncio
import socket
from collections.abc import Mapping

import msgspec

from mesh.broker.broker_class import CLASSES
from mesh.clock import SystemClock
from mesh.listening import Bound
from mesh.receiver.ingress import Ingress
from mesh.receiver.link import Link
from mesh.receiver.listener import Listener
from mesh.receiver.messages import Answers, Heard, Serve, Stop, ToReceiver
from mesh.receiver.outbox import Outbox, RemoteInlet


class Receiver:
    """Takes events for the mesh's brokers, until the mesh says stop or is gone."""

    def __init__(self, bound: Bound, max_connections: int) -> None:
        self._link: Link[Serve | Answers | Stop] = Link(_decode, self._told, self._mesh_gone)
        self._outbox = Outbox(self._link.send)
        self._inlets: dict[str, RemoteInlet] = {}
        self._ingress = Ingress(self._inlets, SystemClock())
        self._listener = Listener(self._ingress, bound, max_connections)
        self._has_brokers = asyncio.Event()
        self._ending = asyncio.Event()
        self._within = 0.0  # seconds to end in

    async def run(self, half: socket.socket) -> None:
        """Accept clients as soon as it is known for which brokers."""
        await self._link.open(half)
        await self._has_brokers.wait()
        await self._listener.start()
        await self._ending.wait()
        await self._listener.stop(self._within)

    def _told(self, message: Serve | Answers | Stop) -> None:
        match message:
            case Answers():
                self._outbox.answered(message)
            case Serve(brokers, ready):
                self._serve(brokers)
                self._ingress.ready = ready
                self._link.send(Heard())
            case Stop(within):
                self._end(within)

    def _serve(self, brokers: Mapping[str, str]) -> None:
        self._inlets.clear()
        self._inlets.update({key: RemoteInlet(key, CLASSES[name], self._outbox) for key, name in brokers.items()})
        self._has_brokers.set()

    def _end(self, within: float) -> None:
        self._ingress.ready = False
        self._within = within
        self._has_brokers.set()
        self._ending.set()

    def _mesh_gone(self) -> None:
        """Nobody stores anything any more: clients are cut off, as those of a process that was killed are."""
        self._end(0.0)


_decode = msgspec.msgpack.Decoder(ToReceiver).decode
