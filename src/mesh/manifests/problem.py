"""One thing wrong with a file, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object or a field was read: file as the user would write it, line from 1 (0: the whole of it)."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """`triggers/invoice.yaml:14: invalid value: 5s: spec.delivery.backoffDelay (an ISO 8601 duration …)`."""

    origin: Origin
    message: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.message}"
