"""The request that is arriving: what has come of it, and what it takes of the room that all clients share."""

from mesh.receiver.exchange import Reception
from mesh.receiver.room import Room
from mesh.wire import Answer, Head

REQUEST_BYTES = 2048  # what a request takes in memory beside its body: its head, its answer, a place in the queue


class Incoming:
    """One request; what it holds is given back once."""

    __slots__ = (
        "_held_bytes",
        "_room",
        "_trailer_bytes",
        "answer",
        "answered",
        "body",
        "head",
        "headers",
        "keep_alive",
        "reception",
        "target",
    )

    def __init__(self, room: Room, answer: Answer | None = None) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.head: Head | None = None
        self.reception: Reception | None = None  # known when the head is
        self.answered = False  # or about to be: its place among the answers is taken
        self.answer = answer
        self.keep_alive = True
        self._room = room
        self.body: bytes | bytearray = b""
        self._held_bytes = 0
        self._trailer_bytes = 0

    def exceeds(self, max_bytes: int, trailer_bytes: int = 0) -> bool:
        """Whether the headers, with those that come after the body, are more than so many bytes."""
        self._trailer_bytes += trailer_bytes
        return sum(len(name) + len(value) + 4 for name, value in self.headers) + self._trailer_bytes > max_bytes

    def add(self, chunk: bytes, max_bytes: int) -> bool:
        """Add the body's next part; no when that is too much."""
        if len(self.body) + len(chunk) > max_bytes or not self.hold(len(chunk)):
            return False
        if not self.body:
            self.body = chunk  # nearly always the whole of it
        elif isinstance(self.body, bytearray):
            self.body += chunk
        else:
            self.body = bytearray(self.body) + chunk
        return True

    def hold(self, size: int) -> bool:
        """Tell whether there is room for so many bytes more."""
        if not self._room.take(size):
            return False
        self._held_bytes += size
        return True

    def take_body(self) -> bytes:
        """The body, which is held from here on by whoever takes it."""
        body, self.body = bytes(self.body), b""
        return body

    def let_go(self) -> None:
        """Give back what is held: the request is answered, or comes no further."""
        self.body = b""
        self._room.give_back(self._held_bytes)
        self._held_bytes = 0
