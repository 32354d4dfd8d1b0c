"""`make bench`: the benches one after the other, and at the end which goals they met.

`python bench/run.py [--long] [BENCH…]`: all of them, or those that are named; `--long`: more rounds, larger sizes.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from report import KEPT, Report, figure


@dataclass(frozen=True)
class Bench:
    """What its script is given, in the short form and in the long one."""

    name: str
    short: tuple[str, ...] = ()
    long: tuple[str, ...] = ()


BENCHES = (
    Bench("cold_start", short=("--quick",)),
    Bench("curves", long=("--long",)),
    Bench("rides", short=("200",), long=("600",)),
    Bench("accept", short=("1",), long=("9",)),
    Bench("deliver", short=("1",), long=("5",)),
    Bench("inner_loop", short=("1",), long=("5",)),
)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Run the benches.", allow_abbrev=False)
    parser.add_argument("--long", action="store_true", help="more rounds and larger sizes, for docs/performance.md")
    names = [bench.name for bench in BENCHES]
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"{', '.join(names)} (all of them)")
    asked = parser.parse_args(words)
    if unknown := set(asked.benches) - set(names):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    chosen = [bench for bench in BENCHES if bench.name in (asked.benches or names)]
    failed = [bench.name for bench in chosen if not ran(bench, long=asked.long)]
    for bench in chosen:
        if bench.name not in failed:
            show_goals(bench)
    return len(failed)


def ran(bench: Bench, *, long: bool) -> bool:
    print(f"\n=== {bench.name}", flush=True)
    began = time.monotonic()
    script = Path(__file__).with_name(f"{bench.name}.py")
    status = subprocess.run([sys.executable, script, *(bench.long if long else bench.short)], check=False).returncode
    print(
        f"\n{bench.name}: {time.monotonic() - began:.0f} s" + (f", failed with {status}" if status else ""), flush=True
    )
    return status == 0


def show_goals(bench: Bench) -> None:
    kept = KEPT / f"{bench.name}.json"
    goals = msgspec.json.decode(kept.read_bytes(), type=Report).goals if kept.exists() else []
    for goal in goals:
        print(f"{'met' if goal.met else 'NOT MET':8} {goal.what}: {figure(goal.figure)} ({goal.bound})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
