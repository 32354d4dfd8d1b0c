"""Whom Postgres runs as: it refuses uid 0, so root lends it another identity."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mesh.errors import StartFailed

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
ANSWER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Account:
    """`wrapper` goes in front of a command; `owner` (uid, gid) must own its files, None for ourselves."""

    wrapper: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def give(self, path: Path) -> None:
        if self.owner is not None:
            os.chown(path, *self.owner)


def choose(paths: Iterable[Path]) -> Account:
    """Ourselves; as root `nobody` when it can reach all of `paths`, else a user namespace. Raises StartFailed."""
    if os.getuid() != 0:
        return Account()
    if shutil.which("setpriv") and all(reachable(path.resolve()) for path in paths):
        return nobody()
    if namespaces_work():
        return Account(wrapper=NAMESPACE)
    raise StartFailed(
        "Postgres does not run as root, `nobody` cannot reach the directories, and user namespaces are forbidden here: "
        "run as another user, choose a --state that everybody may enter, or set DATABASE_URL to a database of your own"
    )


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    wrapper = ("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--")
    return Account(wrapper, (entry.pw_uid, entry.pw_gid))


def reachable(path: Path) -> bool:
    """Whether others may enter every directory above `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def namespaces_work() -> bool:
    try:
        tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False, timeout=ANSWER_SECONDS)  # noqa: S603
    except OSError:
        return False
    return tried.returncode == 0
