"""What a forked child does to become a replica: as the function's own command line would have it."""

import ctypes
import os
import signal
import time
from collections.abc import Mapping

from mesh.tether import PR_SET_PDEATHSIG

MOST_SAID = 1 << 16  # bytes; a pipe holds as many


def die_with(parent: int) -> None:
    """Have the kernel end this process with its parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before the setting was made, so the signal will never come
        os._exit(1)


def hushed() -> int:
    """Keep what is said from now on, before there is a log, in a file of which this is the descriptor."""
    said = os.memfd_create("said")
    for standard in (1, 2):
        os.dup2(said, standard)
    return said


def settle(directory: str, environment: Mapping[str, str], log: int, said: int) -> None:
    """Take the replica's directory, variables and output, which begins with what was said before."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, standard)
    os.sendfile(log, said, 0, MOST_SAID)
    for descriptor in (nothing, log, said):
        os.close(descriptor)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
