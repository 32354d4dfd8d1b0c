"""`make performance`: docs/performance.md and its picture, made of what the benches have kept.

What build/bench holds takes its place in docs/performance.json; the page is drawn from that file alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import chart
import msgspec
from report import KEPT, Goal, Machine, Report, Table, figure, lines

DOCS = Path(__file__).parents[1] / "docs"
FIGURES, PAGE, PICTURE = "performance.json", "performance.md", "performance.svg"
TITLES = {
    "accept": "Accepting",
    "deliver": "Delivering",
    "rides": "The main job",
    "curves": "Scale",
    "cold_start": "Cold starts",
}
HEAD = """\
# How fast it is

Made by `make performance` from what the benches measured (`docs/performance.json`); not written by hand. Each figure is
from a real run of the processes that users run. What counts are the ratios within one run: the figures themselves are
the machine's.
"""
REPEAT = """\
## How to repeat it

`make bench` runs all of these in their short form, in about ten minutes; `make bench ARGS=--long` takes more rounds and
larger sizes, and `make bench ARGS='curves rides'` only those. Each keeps what it found in `build/bench`, and `make
performance` writes this page from that. The machine should have nothing else to do: a bench tells the load average that
it met.
"""


def main() -> None:
    found = {**read(DOCS / FIGURES), **{file.stem: decoded(file.read_bytes()) for file in KEPT.glob("*.json")}}
    reports = [found[bench] for bench in TITLES if bench in found]
    (DOCS / FIGURES).write_bytes(msgspec.json.format(msgspec.json.encode(reports), indent=1) + b"\n")
    (DOCS / PAGE).write_text(page(reports))
    (DOCS / PICTURE).write_text(chart.drawn(curves(reports)))


def read(file: Path) -> dict[str, Report]:
    """What an earlier page was made of, by bench."""
    kept = msgspec.json.decode(file.read_bytes(), type=list[Report]) if file.exists() else []
    return {report.bench: report for report in kept}


def decoded(text: bytes) -> Report:
    return msgspec.json.decode(text, type=Report)


def curves(reports: Sequence[Report]) -> list[Table]:
    return [table for report in reports for table in report.tables if table.curve]


def page(reports: Sequence[Report]) -> str:
    goals = [goal for report in reports for goal in report.goals]
    return "\n".join([HEAD, *_goals(goals), *(line for report in reports for line in _section(report)), REPEAT])


def _goals(goals: Sequence[Goal]) -> Iterator[str]:
    yield from ("## Goals", "", "| what | goal | found | |", "| --- | ---: | ---: | --- |")
    for goal in goals:
        yield f"| {goal.what} | {goal.bound} | {figure(goal.figure)} | {'met' if goal.met else '**not met**'} |"
    yield ""


def _section(report: Report) -> Iterator[str]:
    yield from (f"## {TITLES[report.bench]}", "", f"`{report.command}`, {_machine(report.machine)}", "")
    if any(table.curve for table in report.tables):
        yield from (f"![Figures by the first point's, on logarithmic axes]({PICTURE})", "")
    for table in report.tables:
        yield from (*lines(table), "")


def _machine(machine: Machine) -> str:
    return (
        f"on {machine.cores} cores, {machine.system}, Python {machine.python}; a commit with fsync takes "
        f"{figure(machine.commit_ms)} ms; the load average was {figure(machine.load)}."
    )


if __name__ == "__main__":
    main()
