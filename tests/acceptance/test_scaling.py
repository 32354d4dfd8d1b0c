"""Many events and killed replicas: replicas rise and fall, every event is delivered, and has one effect."""

import re
import subprocess
import sys

import pytest

from support.mesh import REPOSITORY

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="a process' command line is read from /proc"),
]
TIME_LINE = re.compile(r"^ *\d+\.\d +(?P<replicas>\d+) +(?P<wanted>\d+)", re.MULTILINE)


def test_every_event_has_one_effect_though_replicas_are_killed_and_then_all_of_them_go() -> None:
    command = [sys.executable, str(REPOSITORY / "bench" / "scaling.py"), "--events", "1000", "--kill"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    print(done.stdout)  # with the seed
    assert done.returncode == 0, done.stderr
    summary = re.search(r"1000 events sent, (\d+) replicas killed: 1000 events have 1000 effects, 0 are", done.stdout)
    assert summary
    assert int(summary[1]) > 0
    replicas = [int(row["replicas"]) for row in TIME_LINE.finditer(done.stdout)]
    assert (replicas[0], max(replicas), replicas[-1]) == (0, 4, 0)
