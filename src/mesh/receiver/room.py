"""How much of what clients send may be in memory at once, of all of them together. Pure."""


class Room:
    """Bytes that are taken and given back."""

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes

    @property
    def free_bytes(self) -> int:
        return self._free

    def take(self, size: int) -> bool:
        """Take so many bytes, or none when there are not so many."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def give_back(self, size: int) -> None:
        self._free += size
