"""Scale curves: rate, memory and start-up time against the backlog, the number of triggers and the size of the body.

`python bench/curves.py [--long]`. Each point has a mesh of its own. The rate is end to end: accepted, durable,
delivered to a sink in another process, completed. `--long` adds a backlog of a million events.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import backlog
import events
import msgspec
from far_end import Order, Seen
from load import WARM_UP
from mesh_process import HELD, PATH, STATE, matching, passing_by, project, started
from processes import BENCH, Process, running
from report import Goal, Machine, Report, Row, Table, keep, show

COLUMNS = ["events/s", "CPU µs/event", "peak MB", "start-up s"]
OF_TRIGGERS = ["deliveries/s", "CPU µs/delivery", "peak MB", "start-up s"]
FLAT_WITH_BACKLOG = "Flat: what waits is on the disk, and neither the start nor another trigger's delivery reads it."
EACH_IS_READ = (
    "Start-up and memory are linear in the triggers: the YAML of each is parsed, in a millisecond or two, and each has "
    "a dispatcher."
)
ALL_DELIVER = (
    "Each event is stored once and delivered to every trigger, so what an event costs is linear in the triggers, and "
    "what a delivery costs is flat."
)
BYTES_COUNT = (
    "Linear in the bytes from about 10 KB on, where they outweigh the rest: they are written to the ledger's log and "
    "its file, read, and sent; memory holds those of the events that are on their way."
)
BACKLOGS = {0: "0", 10_000: "10 k", 100_000: "100 k", 1_000_000: "1 M"}
LONG = 1_000_000
TRIGGERS = (1, 10, 100, 1000)
SIZES = {100: "100 B", 1_000: "1 KB", 10_000: "10 KB", 100_000: "100 KB", 1_000_000: "1 MB"}
WAY = 200  # events at most that are on their way; a quarter for bodies of which so many would be the memory measured
BYTES_ON_THE_WAY = 20_000_000
FLAT = 1.25
STARTS = 3
SEEN = msgspec.json.Decoder(Seen)


@dataclass(frozen=True)
class FarEnd:
    """The process with the producer and the sink."""

    process: Process
    sink: str

    def drive(self, order: Order) -> Seen:
        seen = SEEN.decode(self.process.ask(msgspec.json.encode(order).decode()))
        if seen.lost or seen.refused or not seen.delivered:
            raise SystemExit(
                f"of {seen.sent} events {seen.refused} were refused, and {seen.lost} did not arrive in time"
            )
        return seen


@dataclass(frozen=True)
class Point:
    """The CPU time is the mesh's own for an event; unlike the rate, it is hardly another where others compute, too."""

    rate: float
    cpu_us: float
    peak_mb: float
    start_seconds: float

    @property
    def figures(self) -> list[float | None]:
        return [self.rate, self.cpu_us, self.peak_mb, self.start_seconds]


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Measure the scale curves.", allow_abbrev=False)
    parser.add_argument("--long", action="store_true", help="a backlog of a million events, too")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each point, after its warm-up")
    asked = parser.parse_args(words)
    with running([sys.executable, str(BENCH / "far_end.py")]) as process:
        far_end = FarEnd(process, f"http://127.0.0.1:{process.line()}")
        tables = []
        for table in curves(far_end, asked.seconds, long=asked.long):
            show(table)
            tables.append(table)
    command = "make bench ARGS='" + ("--long " if asked.long else "") + "curves'"
    keep(Report(bench="curves", command=command, tables=tables, goals=goals(tables[0]), machine=Machine.this()))


def curves(far_end: FarEnd, seconds: float, *, long: bool) -> Iterator[Table]:
    yield against_backlog(far_end, seconds, [size for size in BACKLOGS if long or size < LONG])
    yield against_triggers(far_end, seconds, "Triggers, of which one matches", one_matches, EACH_IS_READ)
    yield against_triggers(far_end, seconds, "Triggers that all match", matching, ALL_DELIVER)
    yield against_size(far_end, seconds)


def against_backlog(far_end: FarEnd, seconds: float, sizes: Sequence[int]) -> Table:
    triggers = [*matching(1, far_end.sink), HELD]
    rows = []
    for size in sizes:
        prepared = partial(backlog.fill, held="bench/held", current="bench/takes-0", events_waiting=size)
        point = measured(triggers, far_end, ordered(seconds), prepared)
        rows.append(Row(BACKLOGS[size], point.figures, size))
    return Table(
        title="Backlog of another trigger", curve="events waiting", columns=COLUMNS, rows=rows, note=FLAT_WITH_BACKLOG
    )


def against_triggers(
    far_end: FarEnd, seconds: float, title: str, made: Callable[[int, str], list[str]], note: str
) -> Table:
    rows = []
    for count in TRIGGERS:
        takers = count if made is matching else 1
        order = ordered(seconds, triggers=takers, outstanding=max(1, WAY // takers))
        point = measured(made(count, far_end.sink), far_end, order)
        cpu_us = point.cpu_us / takers
        rows.append(Row(f"{count}", [point.rate * takers, cpu_us, point.peak_mb, point.start_seconds], count))
    return Table(title=title, curve="triggers", columns=OF_TRIGGERS, rows=rows, note=note)


def against_size(far_end: FarEnd, seconds: float) -> Table:
    rows = []
    for size, name in SIZES.items():
        outstanding = max(8, min(WAY, BYTES_ON_THE_WAY // size))
        connections = min(64, outstanding)
        order = ordered(seconds, body="x" * size, connections=connections, outstanding=outstanding)
        point = measured(matching(1, far_end.sink), far_end, order)
        rows.append(Row(name, [*point.figures, point.rate * size / 1e6], size))
    return Table(title="Size of an event's data", curve="size", columns=[*COLUMNS, "MB/s"], rows=rows, note=BYTES_COUNT)


def ordered(
    seconds: float, body: str = events.BODY, triggers: int = 1, connections: int = 64, outstanding: int = WAY
) -> Order:
    return Order(
        port=0,
        head=events.head(PATH),
        body=body,
        seconds=seconds,
        connections=connections,
        triggers=triggers,
        outstanding=outstanding,
    )


def one_matches(count: int, sink: str) -> list[str]:
    return [*matching(1, sink), *passing_by(count - 1, sink)]


def measured(
    triggers: Sequence[str], far_end: FarEnd, order: Order, prepared: Callable[[Path], None] = Path.mkdir
) -> Point:
    """Start several times, of which the quickest counts, and drive the last; its peak counts from its start on."""
    with project(triggers) as root:
        prepared(root / STATE)
        starts = [started_once(root) for _ in range(STARTS - 1)]
        with started(root) as mesh:
            order.port, before = mesh.port, mesh.process.cpu_seconds
            seen = far_end.drive(order)
            events_seen = seen.delivered / order.triggers * (1 + WARM_UP)
            cpu_us = (mesh.process.cpu_seconds - before) / max(1.0, events_seen) * 1e6
            taken = min([*starts, mesh.start_seconds])
            return Point(seen.delivered / seen.seconds / order.triggers, cpu_us, mesh.process.peak_mb, taken)


def started_once(root: Path) -> float:
    with started(root) as mesh:
        return mesh.start_seconds


def goals(backlogs: Table) -> list[Goal]:
    """Memory and start-up do not grow with the backlog, and the rate does not fall."""
    first, last = backlogs.rows[0], backlogs.rows[-1]
    rate, _, peak, start = (figure(last, column) / figure(first, column) for column in range(4))
    behind = f"with {last.name} events waiting, against none"
    return [
        Goal(what=f"rate {behind}", figure=rate, least=1 / FLAT),
        Goal(what=f"peak memory {behind}", figure=peak, most=FLAT),
        Goal(what=f"start-up {behind}", figure=start, most=FLAT),
    ]


def figure(row: Row, column: int) -> float:
    return row.figures[column] or 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
