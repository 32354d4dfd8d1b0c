"""Up to where a trigger is done: the lowest sequence number still open decides.

Source of the idea: eventing-kafka-broker dispatcher/impl/consumer/OffsetManager.java.
"""


class Offsets:
    """Sequence numbers are opened in rising order and settled in any."""

    def __init__(self, position: int) -> None:
        self.read = position  # the newest sequence number looked at
        self._open: dict[int, None] = {}

    @property
    def position(self) -> int:
        """Everything up to here is settled."""
        return next(iter(self._open)) - 1 if self._open else self.read

    def open(self, seq: int) -> None:
        self.read = seq
        self._open[seq] = None

    def skip(self, seq: int) -> None:
        """Look at a number and be done with it at once."""
        self.read = seq

    def settle(self, seq: int) -> None:
        self._open.pop(seq, None)
