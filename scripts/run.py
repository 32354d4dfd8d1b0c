"""`make run`: the mesh and everything in it, one sample ride settled and shown, then serving until Ctrl-C.

Flags other than `--once` go to `mesh up`.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

READY = "ready http"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LAST_OUTPUT_SECONDS = 1.0  # what the mesh left running may hold its output open
KILLED = 128  # what a shell adds to the number of the signal that ended a process


@dataclass(frozen=True, slots=True)
class Commands:
    """What is run: the mesh, the question what it runs, and the sample ride."""

    up: Sequence[str]
    status: Sequence[str]
    ride: Sequence[str]


def main() -> int:
    parser = argparse.ArgumentParser(description="Run everything, and one sample ride.", allow_abbrev=False)
    parser.add_argument("--once", action="store_true", help="stop after the ride")
    arguments, flags = parser.parse_known_args()
    mesh = (sys.executable, "-m", "mesh")
    ride = (sys.executable, str(Path(__file__).with_name("ride.py")))
    return asyncio.run(run(Commands((*mesh, "up", *flags), (*mesh, "status"), ride), once=arguments.once))


async def run(commands: Commands, *, once: bool) -> int:
    """Run the mesh to its end; answer its exit status, or the ride's when the mesh ended with 0."""
    stopped = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    # A process group of its own: Ctrl-C on the terminal reaches the mesh through us alone, once.
    mesh = await asyncio.create_subprocess_exec(*commands.up, stdout=PIPE, process_group=0)
    status = 1
    try:
        status = await _attend(mesh, commands, stopped, once=once)
    except* BrokenPipeError:  # nobody reads us any more
        _drop_output()
    finally:
        if _stop(mesh):
            await mesh.communicate()  # reads on, so that the mesh can say its last words and end
    return status


async def _attend(mesh: Process, commands: Commands, stopped: asyncio.Event, *, once: bool) -> int:
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        output = tasks.create_task(_show(mesh, ready), name="output of the mesh")
        visit = tasks.create_task(_visit(commands, ready, once=once), name="sample ride")
        ended = tasks.create_task(mesh.wait(), name="end of the mesh")
        asked = tasks.create_task(stopped.wait(), name="stop signal")
        await asyncio.wait((visit, ended, asked), return_when=asyncio.FIRST_COMPLETED)
        ride_status = visit.result() if visit.done() else 0
        visit.cancel()
        asked.cancel()
        _stop(mesh)
        mesh_status = await ended
        await asyncio.wait((output,), timeout=LAST_OUTPUT_SECONDS)
        output.cancel()
    return _exit_status(mesh_status) or ride_status


def _stop(mesh: Process) -> bool:
    """Ask a mesh that still runs to end; it bounds its own end (`mesh up --grace`)."""
    if mesh.returncode is not None:
        return False
    with suppress(ProcessLookupError):
        mesh.terminate()
    return True


async def _show(mesh: Process, ready: asyncio.Event) -> None:
    """Pass on what the mesh prints, and notice the line that says it is ready."""
    if mesh.stdout is None:
        return
    async for line in mesh.stdout:
        text = line.decode(errors="replace")
        print(text, end="", flush=True)
        if text.startswith(READY):
            ready.set()


async def _visit(commands: Commands, ready: asyncio.Event, *, once: bool) -> int:
    """Show what runs, send a ride; when it is not for once, stay until cancelled."""
    await ready.wait()
    status = await _functions(commands.status) or await _finish(commands.ride)
    if not once:
        print("\nserving until Ctrl-C; `make ride` in another terminal sends one more", flush=True)
        await asyncio.Event().wait()
    return status


async def _functions(command: Sequence[str]) -> int:
    asking = await asyncio.create_subprocess_exec(*command, stdout=PIPE, process_group=0)
    answer, _ = await asking.communicate()
    if asking.returncode == 0:
        for function in json.loads(answer)["functions"]:
            print(f"  {function['name']:<16} {function['url']}", flush=True)
    return _exit_status(asking.returncode)


async def _finish(command: Sequence[str]) -> int:
    """Run it to its end; it does not outlive us."""
    child = await asyncio.create_subprocess_exec(*command, process_group=0)
    try:
        return _exit_status(await child.wait())
    finally:
        if child.returncode is None:
            child.terminate()


def _exit_status(returned: int | None) -> int:
    """Turn what asyncio says (minus the signal's number for a process that one ended) into a shell's status."""
    returned = returned or 0
    return KILLED - returned if returned < 0 else returned


def _drop_output() -> None:
    """Let the interpreter's last flush go nowhere instead of failing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
