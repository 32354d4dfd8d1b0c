"""The files that git tracks, as texts."""

import functools
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@functools.cache
def tracked() -> Mapping[str, str]:
    """Path → text of every tracked file that is text; skips the test where git does not answer."""
    try:
        listed = subprocess.run(
            ("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"git does not list the repository's files: {error}")
    names = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
    if not names:
        pytest.skip("git tracks no file here")
    return {name: (ROOT / name).read_text(errors="replace") for name in names}
