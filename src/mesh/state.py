"""The state directory: one mesh at a time holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.errors import NotDone


@contextmanager
def held(directory: Path) -> Iterator[Path]:
    """Make the directory if need be and hold it until the block ends, or the process does.

    Raises NotDone when it cannot be made or another mesh holds it.
    """
    try:
        directory.mkdir(_mode(), parents=True, exist_ok=True)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(directory, error) from error
    try:
        _lock(descriptor, directory)
        yield directory
    finally:
        os.close(descriptor)


def _mode() -> int:
    """For its owner alone; root lends the dev Postgres another identity, which has to pass through."""
    return 0o711 if os.geteuid() == 0 else 0o700


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode() or "unknown"
        raise NotDone(
            f"another mesh (process {holder}) holds the state directory {directory}: "
            "end it, or choose another with --state"
        ) from None
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except OSError as error:  # a full disk
        raise _unusable(directory, error) from error


def _unusable(directory: Path, error: OSError) -> NotDone:
    return NotDone(f"the state directory {directory} cannot be used ({error.strerror}): choose another with --state")
