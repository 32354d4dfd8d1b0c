"""Whether the files that the ledger writes are still those that the next start will find."""

import os
from pathlib import Path

from mesh.errors import LedgerUnavailable


class Place:
    """The database and its log, as they are when it has just been opened."""

    def __init__(self, path: Path) -> None:
        self._opened = {file: _number(file) for file in (str(path), f"{path}-wal")}

    def check(self) -> None:
        """Raise LedgerUnavailable where one is gone or another: SQLite would write on into the file without a name."""
        for file, number in self._opened.items():
            if _number(file) != number:
                raise LedgerUnavailable(
                    f"the ledger cannot be written: {file} was moved, deleted or replaced while the mesh ran: "
                    "put it back, or end the mesh and start it with what is there"
                )


def _number(file: str) -> tuple[int, int] | None:
    """Device and inode."""
    try:
        status = os.stat(file)  # noqa: PTH116 - at each commit, and a Path takes twice the time
    except OSError:
        return None
    return status.st_dev, status.st_ino
