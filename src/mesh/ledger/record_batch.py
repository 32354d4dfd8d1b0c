"""Events as they are stored: those of one commit and broker together. Source of the word: Kafka's RecordBatch."""

from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import msgspec

from mesh.ledger.records import Stored

EVENTS = 256  # in one of them, at most: all of it is read for any of its events
DATA_BYTES = 262_144  # likewise, unless a single event has more

_encode = msgspec.msgpack.encode
_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode = msgspec.msgpack.Decoder(Stored).decode


class RecordBatch(msgspec.Struct, frozen=True, gc=False):
    """Events of one broker, numbered without a gap."""

    events: Sequence[Stored]
    encoded: bytes

    @property
    def row(self) -> tuple[int, str, int, str | None, bytes, bytes]:
        first, last = self.events[0], self.events[-1]
        ids = b"".join([fingerprint(stored.event.id) for stored in self.events])
        return last.seq, last.broker, first.seq, last.target, ids, self.encoded


def batches(events: Iterable[Stored]) -> Iterator[RecordBatch]:
    """Put a broker's new events together, as many as there is room for; one that is for one trigger is alone."""
    together: list[Stored] = []
    size_bytes = 0
    for stored in events:
        more_bytes = len(stored.event.data or b"")
        full = len(together) == EVENTS or size_bytes + more_bytes > DATA_BYTES
        if together and (full or stored.target is not None or together[-1].target is not None):
            yield RecordBatch(together, _encode(together))
            together, size_bytes = [], 0
        together.append(stored)
        size_bytes += more_bytes
    if together:
        yield RecordBatch(together, _encode(together))


def alone(stored: Stored) -> RecordBatch:
    return RecordBatch([stored], _encode([stored]))


def decoded(first: int, encoded: bytes, after: int = 0) -> Iterator[Stored]:
    """The events after a number; those before it and those that nobody comes to are not decoded."""
    return map(_decode, _split(encoded)[max(0, after + 1 - first) :])


def fingerprint(event_id: str) -> bytes:
    """What is searched for an id: short, so that a million take a moment; another id may have the same."""
    return crc32(event_id.encode()).to_bytes(4)
