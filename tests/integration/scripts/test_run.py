"""`make run` as a process, with small doubles of `mesh up`, `mesh status` and the ride."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.scripts import SCRIPTS

WITHIN_SECONDS = 30

MESH = """
import os, signal, sys, time
def stop(number, frame):
    print("mesh got", signal.Signals(number).name, flush=True)
    raise SystemExit({status})
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, stop)
print("starting", os.getpid(), flush=True)
{before}
print("ready http://127.0.0.1:8080", flush=True)
{after}
while True:
    time.sleep(60)
"""
STATUS = """print('{"functions": [{"name": "invoice", "url": "http://127.0.0.1:9001"}]}')"""
RIDE = "print('one ride', flush=True); raise SystemExit({status})"
LONG_RIDE = "import time; print('a long ride', flush=True); time.sleep(600)"
DRIVER = """
import asyncio, sys
sys.path.insert(0, {scripts!r})
import run
def python(code): return (sys.executable, "-c", code)
commands = run.Commands(python({mesh!r}), python({status!r}), python({ride!r}))
sys.exit(asyncio.run(run.run(commands, once={once})))
"""


def mesh(*, status: int = 0, before: str = "", after: str = "") -> str:
    return MESH.format(status=status, before=before, after=after)


@contextmanager
def running(mesh: str, ride: str, *, once: bool) -> Iterator[subprocess.Popen[str]]:
    driver = DRIVER.format(scripts=str(SCRIPTS), mesh=mesh, status=STATUS, ride=ride, once=once)
    process = subprocess.Popen((sys.executable, "-c", driver), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def outcome(mesh: str, ride: str) -> tuple[int, list[str]]:
    with running(mesh, ride, once=True) as process:
        output, _ = process.communicate(timeout=WITHIN_SECONDS)
        return process.returncode, output.splitlines()


def read_until(process: subprocess.Popen[str], start: str) -> str:
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(start))


def test_once_shows_the_functions_and_the_ride_and_stops_the_mesh() -> None:
    status, lines = outcome(mesh(), RIDE.format(status=0))

    assert status == 0
    assert lines[1:] == [
        "ready http://127.0.0.1:8080",
        "  invoice          http://127.0.0.1:9001",
        "one ride",
        "mesh got SIGTERM",
    ]


@pytest.mark.parametrize(
    ("mesh_status", "ride_status", "expected"), [(0, 1, 1), (3, 0, 3), (3, 1, 3)], ids=["ride", "mesh", "mesh first"]
)
def test_once_ends_with_what_went_wrong(mesh_status: int, ride_status: int, expected: int) -> None:
    status, _ = outcome(mesh(status=mesh_status), RIDE.format(status=ride_status))

    assert status == expected


def test_a_mesh_that_does_not_start_passes_its_status_on_and_no_ride_is_sent() -> None:
    status, lines = outcome(mesh(before="sys.exit(2)"), RIDE.format(status=0))

    assert status == 2
    assert "one ride" not in lines


def test_a_mesh_that_ends_during_the_ride_passes_its_status_on() -> None:
    status, _ = outcome(mesh(after="time.sleep(1); sys.exit(4)"), LONG_RIDE)

    assert status == 4


def test_a_mesh_that_a_signal_ends_is_told_as_a_shell_tells_it() -> None:
    status, _ = outcome(mesh(before="os.kill(os.getpid(), signal.SIGKILL)"), RIDE.format(status=0))

    assert status == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_reaches_the_mesh_once_as_sigterm(number: signal.Signals) -> None:
    with running(mesh(), RIDE.format(status=0), once=False) as process:
        read_until(process, "serving until Ctrl-C")
        process.send_signal(number)
        output, _ = process.communicate(timeout=WITHIN_SECONDS)

    assert process.returncode == 0
    assert output.splitlines() == ["mesh got SIGTERM"]


def test_a_stop_during_the_ride_ends_the_ride_too() -> None:
    with running(mesh(), LONG_RIDE, once=True) as process:
        read_until(process, "a long ride")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=WITHIN_SECONDS)  # ends only when nobody holds the pipe any more

    assert process.returncode == 0
    assert output.splitlines() == ["mesh got SIGTERM"]


def test_the_mesh_ends_when_the_reader_of_our_output_has_gone(tmp_path: Path) -> None:
    note = tmp_path / "ended"
    talking = f"import pathlib, atexit\natexit.register(pathlib.Path({str(note)!r}).touch)\n"
    chatter = "while True:\n    os.write(1, b'more\\n'); time.sleep(0.01)"
    with running(talking + mesh(after=chatter), RIDE.format(status=0), once=False) as process:
        assert process.stdout is not None
        pid = int(read_until(process, "starting").split()[1])
        process.stdout.close()
        process.wait(timeout=WITHIN_SECONDS)

    assert process.returncode == 1
    assert note.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
