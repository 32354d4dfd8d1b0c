"""A disk of a few megabytes that a test fills and frees: a real one, which takes root and the right to mount."""

import io
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """`ballast` takes what room there is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for piece in (65_536, 1):
                while _written(file, bytes(piece)):
                    pass

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def protect(self) -> None:
        """Let nothing be written any more, not even by root."""
        _run("mount", "-o", "remount,ro", str(self.root))


def _written(file: io.FileIO, piece: bytes) -> bool:
    try:
        return file.write(piece) == len(piece)
    except OSError:
        return False


@contextmanager
def small_disk(root: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount it; skips the test where that is not allowed."""
    root.mkdir()
    tried = _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(root))
    if tried.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {tried.stderr.strip()}")
    try:
        yield SmallDisk(root)
    finally:
        _run("umount", "--lazy", str(root))


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
