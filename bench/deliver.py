"""Delivering: events a second the whole way, accepted, on disk, delivered to a sink and done with.

`python bench/deliver.py [ROUNDS]`. Producer and sink are one process of their own; the rows take turns. CPU is that of
what delivers, of all its processes, for an event; latencies are from before an event is sent until the sink has it.
"""

import sqlite3
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import events
import far_end
import mesh_process
import msgspec
from load import WARM_UP
from mesh_process import Mesh, matching, mesh, passing_by
from processes import BENCH, Process, running
from report import Goal, Machine, Report, Row, Table, keep, show

SECONDS = 3.0
DONE_SECONDS = 10.0
COLUMNS = ["events/s", "least", "most", "p50 ms", "p99 ms", "CPU µs/event"]
BARE, ONE, TEN = "aiohttp's client alone", "through one trigger", "through ten triggers"
HUNDRED, HALF = "one, and a hundred that do not match", "one, at half that load"


@dataclass(frozen=True)
class Measured:
    rate: float
    cpu_us: float
    p50_ms: float | None = None
    p99_ms: float | None = None


Found = Mapping[str, Sequence[Measured]]


def main(rounds: int) -> None:
    found: defaultdict[str, list[Measured]] = defaultdict(list)
    for _ in range(rounds):
        for title, measured in one_round().items():
            found[title].append(measured)
    rows = [row(title, found[title]) for title in (BARE, ONE, TEN, HUNDRED, HALF)]
    title = f"The whole way: medians of {rounds} rounds of {SECONDS:g} s"
    table = Table(title=title, columns=COLUMNS, rows=rows)
    show(table)
    command = f"python bench/deliver.py {rounds}"
    keep(Report(bench="deliver", command=command, tables=[table], goals=goals(found), machine=Machine.this()))


def goals(found: Found) -> list[Goal]:
    p99 = statistics.median(each.p99_ms or 0.0 for each in found[HALF])
    return [
        Goal(what=f"the whole way against {BARE}", figure=times(found, ONE, BARE), least=1.2),
        Goal(what="a hundred triggers that do not match, against none", figure=times(found, HUNDRED, ONE), least=0.9),
        Goal(what="p99 at half load, ms", figure=p99, most=20.0),
    ]


def times(found: Found, title: str, other: str) -> float:
    """The median of the rounds' own ratios: what slowed both down in a round is not in it."""
    return statistics.median(one.rate / than.rate for one, than in zip(found[title], found[other], strict=True))


def one_round() -> dict[str, Measured]:
    with running([sys.executable, str(BENCH / "far_end.py")]) as far:
        port = int(far.line())
        sink = f"http://127.0.0.1:{port}"
        with mesh(matching(1, sink)) as one:
            full = whole_way(far, one)
            half = whole_way(far, one, rate=full.rate / 2)
        with mesh(matching(10, sink)) as ten:
            tenfold = whole_way(far, ten, triggers=10)
        with mesh([*matching(1, sink), *passing_by(100, sink)]) as hundred:
            among_others = whole_way(far, hundred)
        return {BARE: bare(port), ONE: full, TEN: tenfold, HUNDRED: among_others, HALF: half}


def bare(port: int) -> Measured:
    words = [sys.executable, str(BENCH / "posting.py"), str(port), str(SECONDS)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    rate, cpu_us = map(float, said.split())
    return Measured(rate, cpu_us)


def whole_way(far: Process, through: Mesh, *, triggers: int = 1, rate: float | None = None) -> Measured:
    before = through.process.cpu_seconds
    head = events.head(mesh_process.PATH)
    order = far_end.Order(port=through.port, head=head, body=events.BODY, seconds=SECONDS, triggers=triggers, rate=rate)
    seen = msgspec.json.decode(far.ask(msgspec.json.encode(order).decode()), type=far_end.Seen)
    until_done(through)
    if seen.lost or seen.refused:
        raise SystemExit(f"of {seen.sent} events {seen.refused} were refused and {seen.lost} did not arrive")
    cpu_us = (through.process.cpu_seconds - before) / (seen.sent * (1 + WARM_UP)) * 1e6
    return Measured(seen.delivered / seen.seconds / triggers, cpu_us, seen.p50, seen.p99)


def until_done(through: Mesh) -> None:
    """Return when the ledger holds no event any more: every trigger is done with each."""
    ledger = sqlite3.connect(f"file:{through.state / 'ledger.sqlite'}?mode=ro", uri=True)
    deadline = time.monotonic() + DONE_SECONDS
    while left := ledger.execute("SELECT coalesce(sum(last - first + 1), 0) FROM record_batches").fetchone()[0]:
        if time.monotonic() > deadline:
            raise SystemExit(f"{left} events were delivered and are not done with")
        time.sleep(0.01)
    ledger.close()


def row(title: str, rounds: Sequence[Measured]) -> Row:
    rates = [each.rate for each in rounds]
    p50s = [each.p50_ms for each in rounds if each.p50_ms is not None]
    p99s = [each.p99_ms for each in rounds if each.p99_ms is not None]
    latencies = [statistics.median(p50s), statistics.median(p99s)] if p50s else [None, None]
    cpu = statistics.median(each.cpu_us for each in rounds)
    return Row(title, [statistics.median(rates), min(rates), max(rates), *latencies, cpu])


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
