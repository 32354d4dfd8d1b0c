"""Where the mesh's own time goes, in its two processes, by part: sampled from outside by py-spy, where installed."""

import re
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cpu_time
from report import Row, Table

OWN = re.compile(r"\(mesh/((?:\w+/)*\w+)\.py")
SAMPLES_A_SECOND = "200"
SHOWN = 12
END_SECONDS = 60.0


@contextmanager
def mesh(process: int) -> Iterator[Counter[str]]:
    """Yield what is filled at the end: how many samples the mesh's modules have that hold their interpreter."""
    parts: Counter[str] = Counter()
    program = shutil.which("py-spy")
    if program is None:
        yield parts
        return
    with one(program, process, parts), one(program, cpu_time.receiver_of(process), parts):
        yield parts


@contextmanager
def one(program: str, process: int, parts: Counter[str]) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        stacks = Path(directory, "stacks")
        words = [program, "record", "--gil", "--format", "raw", "--rate", SAMPLES_A_SECOND, "--output", str(stacks)]
        with subprocess.Popen(
            [*words, "--pid", str(process)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as sampling:
            yield
            sampling.send_signal(signal.SIGINT)
            sampling.wait(END_SECONDS)
        parts.update(counted(stacks.read_text()))


def counted(stacks: str) -> Counter[str]:
    """A line is a stack, outermost first, and its number of samples: it counts for the innermost of our modules."""
    parts: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, number = line.rpartition(" ")
        ours = OWN.findall(stack)
        parts[ours[-1] if ours else "Python itself"] += int(number)
    return parts


def table(parts: Counter[str]) -> Iterator[Table]:
    total = sum(parts.values())
    if not total:
        print("\nthe mesh's own time by part: not measured, py-spy is not installed")
        return
    rows = [Row(part, [samples / total * 100]) for part, samples in parts.most_common(SHOWN)]
    yield Table(title="The mesh's own time, by module", columns=["%"], rows=rows)
