"""Where the running mesh answers: written into its state directory by the mesh, read by the command line."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mesh.errors import NotDone, UsageError

FILE = "mesh.json"
DEFAULT_STATE = Path(".mesh")


class Announcement(msgspec.Struct, frozen=True):
    """The console's address and the process that serves it."""

    console: str  # http://HOST:PORT
    pid: int


def announce(state: Path, mesh: Announcement) -> None:
    """Let the command line find this mesh; a reader sees the whole file or none. Raises NotDone, as on a full disk."""
    unfinished = state / f"{FILE}.new"
    try:
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(msgspec.json.encode(mesh))
        unfinished.replace(state / FILE)
    except OSError as error:
        raise NotDone(
            f"{unfinished} cannot be written ({error.strerror}): make room there, or choose another --state directory"
        ) from error


def withdraw(state: Path) -> None:
    """The mesh no longer answers."""
    (state / FILE).unlink(missing_ok=True)


def find(*, state: Path | None, url: str | None, environ: Mapping[str, str]) -> str:
    """Return the console's URL: --mesh, --state, MESH_URL, MESH_STATE, ./.mesh, the first that is set.

    Raises NotDone when no mesh runs there, UsageError when the URL is none.
    """
    if url is None and state is None:
        url = environ.get("MESH_URL")
    if url:
        return _checked(url)
    return _announced(state or Path(environ.get("MESH_STATE") or DEFAULT_STATE))


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(f"{url!r} is not the address of a console: write http://HOST:PORT, as `mesh up` prints it")
    return url.rstrip("/")


def _announced(state: Path) -> str:
    remedy = "start one with `mesh up`, or name its state directory with --state DIR"
    try:
        return msgspec.json.decode((state / FILE).read_bytes(), type=Announcement).console
    except FileNotFoundError:
        raise NotDone(f"no mesh runs with the state directory {state}: {remedy}") from None
    except (OSError, msgspec.DecodeError) as error:
        raise NotDone(f"{state / FILE} cannot be read ({error}): {remedy}") from None
