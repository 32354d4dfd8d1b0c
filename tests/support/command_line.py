"""The command line as a user runs it, within the test's process."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """How one command ended."""

    status: int
    out: str
    err: str


Command = Callable[..., Said]
