"""Accepting: durable 202s a second at 64 connections, against others that take events.

`python bench/accept.py [ROUNDS]`. Every row has the same load maker, in a process of its own; the rows take turns. CPU
is the server's, of all its processes, for an event, and says more than the rate where the machine has other work.
"""

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import acceptors
import events
from acceptors import Acceptor, Start
from installed import Missing
from load import WARM_UP, Order
from processes import load
from report import Goal, Machine, Report, Table, keep, show
from report import Row as Line

SECONDS = 3.0
QUICK_MS = 0.5  # of a commit: the goals are meant for such a disk
COLUMNS = ["events/s", "least", "most", "p99 ms", "CPU µs/event", "mesh ÷ this"]


@dataclass(frozen=True)
class Row:
    """`goal` is how many times as many events the mesh should accept."""

    title: str
    start: Start
    goal: float | None = None


MESH = Row("the mesh: durable, 202", acceptors.the_mesh)
UVICORN = Row("(a) uvicorn: 202 and nothing else", acceptors.uvicorn, 1.0)
INGRESS = Row("(b) the mesh's ingress, no ledger", acceptors.ingress, 0.6)
ROWS = (
    MESH,
    UVICORN,
    INGRESS,
    Row("(c) restate-server: one-way send", acceptors.restate, 5.0),
    Row("(d) NATS JetStream: file, sync always", acceptors.nats, 5.0),
    Row("(e) the ingress, an INSERT by asyncpg", acceptors.postgres),
)


@dataclass(frozen=True)
class Measured:
    rate: float
    p99_ms: float
    cpu_us: float
    maker_us: float  # the load maker's own CPU time for an event


Found = Mapping[str, Sequence[Measured]]


def main(rounds: int) -> None:
    machine = Machine.this()
    found, missing = measured(rounds)
    lines = [line(row, found) for row in ROWS]
    quick = "" if machine.commit_ms <= QUICK_MS else f"; the goals are meant for at most {QUICK_MS:g} ms"
    notes = [f"A commit takes {machine.commit_ms:.2f} ms{quick}.", *budget(found, machine.cores), *missing.values()]
    title = f"Accepting at 64 connections: medians of {rounds} rounds of {SECONDS:g} s"
    table = Table(title=title, columns=COLUMNS, rows=lines, note=" ".join(notes))
    goals = [
        Goal(what=f"accepted against {row.title}", figure=times(row, found), least=row.goal)
        for row in ROWS
        if row.goal is not None and row.title in found
    ]
    show(table)
    command = f"python bench/accept.py {rounds}"
    keep(Report(bench="accept", command=command, tables=[table], goals=goals, machine=machine))


def measured(rounds: int) -> tuple[Found, dict[str, str]]:
    found: defaultdict[str, list[Measured]] = defaultdict(list)
    missing: dict[str, str] = {}
    for _ in range(rounds):
        for row in ROWS:
            if row.title in missing:
                continue
            try:
                with row.start() as acceptor:
                    found[row.title].append(one(acceptor))
            except Missing as why:
                missing[row.title] = f"{row.title} was not measured: {why}."
    return found, missing


def one(acceptor: Acceptor) -> Measured:
    before = acceptor.process.cpu_seconds
    seen = load(
        Order(port=acceptor.port, head=acceptor.head, body=events.BODY, protocol=acceptor.protocol, seconds=SECONDS)
    )
    if seen.refused or not seen.answered:
        raise SystemExit(f"{seen.refused} of {seen.answered} events were refused")
    cpu_us = (acceptor.process.cpu_seconds - before) / (seen.answered * (1 + WARM_UP)) * 1e6
    return Measured(seen.rate, seen.p99, cpu_us, seen.maker_cpu)


def budget(found: Found, cores: int) -> Iterator[str]:
    """What the machine itself leaves for an event at the rate of (a), however the mesh were spread over its cores."""
    if not {UVICORN.title, INGRESS.title} <= found.keys():
        return
    each = cores / statistics.median(one.rate for one in found[UVICORN.title]) * 1e6
    maker = statistics.median(one.maker_us for one in found[UVICORN.title])
    ingress, mesh = (statistics.median(one.cpu_us for one in found[row.title]) for row in (INGRESS, MESH))
    yield (
        f"At the rate of (a) {cores} cores have {each:.0f} µs for an event, of which the load maker takes {maker:.0f}; "
        f"the ingress without the ledger takes {ingress:.0f}, the whole mesh {mesh:.0f}."
    )


def line(row: Row, found: Found) -> Line:
    if row.title not in found:
        return Line(row.title, [None] * len(COLUMNS))
    rates = [each.rate for each in found[row.title]]
    p99 = statistics.median(each.p99_ms for each in found[row.title])
    cpu = statistics.median(each.cpu_us for each in found[row.title])
    return Line(row.title, [statistics.median(rates), min(rates), max(rates), p99, cpu, times(row, found)])


def times(row: Row, found: Found) -> float:
    """The median of the rounds' own ratios: what slowed both down in a round is not in it."""
    pairs = zip(found[MESH.title], found[row.title], strict=True)
    return statistics.median(mesh.rate / other.rate for mesh, other in pairs)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
