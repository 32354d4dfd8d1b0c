"""Have a command end with the mesh, even after `kill -9`: `python -I -S tether.py SIGNAL PARENT COMMAND…` runs it so.

A program of its own, because the setting is made between fork and exec, where code inside a threaded process is unsafe.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tethered(death_signal: int) -> tuple[str, ...]:
    """The words to put in front of a command; the signal is what the kernel sends it when this process is gone."""
    return (sys.executable, "-I", "-S", __file__, str(int(death_signal)), str(os.getpid()))


def main(death_signal: str, parent: str, *command: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):  # it died before the setting was made, so the signal will never come
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
