"""The request that is arriving: what has come of it, and what it takes of the room that all clients share."""

from mesh.broker.exchange import Reception
from mesh.broker.room import Room
from mesh.wire import Answer, Head

REQUEST_BYTES = 2048  # what a request takes in memory beside its body: its head, its answer, a place in the queue


class Incoming:
    """One request; what it holds is given back once."""

    __slots__ = (
        "_held_bytes",
        "_room",
        "answer",
        "answered",
        "body",
        "head",
        "header_bytes",
        "headers",
        "keep_alive",
        "reception",
        "target",
    )

    def __init__(self, room: Room, answer: Answer | None = None) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.header_bytes = 0
        self.head: Head | None = None
        self.body = bytearray()
        self.reception: Reception | None = None  # known when the head is
        self.answered = False  # or about to be: its place among the answers is taken
        self.answer = answer
        self.keep_alive = True
        self._room = room
        self._held_bytes = 0

    def hold(self, size: int) -> bool:
        """Tell whether there is room for so many bytes more."""
        if not self._room.take(size):
            return False
        self._held_bytes += size
        return True

    def take_body(self) -> bytes:
        """The body, which is held from here on by whoever takes it."""
        body, self.body = bytes(self.body), bytearray()
        return body

    def let_go(self) -> None:
        """Give back what is held: the request is answered, or comes no further."""
        self.body = bytearray()
        self._room.give_back(self._held_bytes)
        self._held_bytes = 0
