"""What a bench has found, as a value: shown as tables, and kept in build/bench for docs/performance.md."""

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

KEPT = Path(__file__).parents[1] / "build" / "bench"
COMMITS = 100


class Row(msgspec.Struct, frozen=True):
    """`figures` has one for each of the table's columns; None was not measured. On a curve, `at` is where it lies."""

    name: str
    figures: list[float | None]
    at: float | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`curve` names the axis along which its rows lie; its figures are shown with their ratio to the first row's."""

    title: str
    columns: list[str]
    rows: list[Row]
    curve: str | None = None
    note: str = ""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that should be at least `least`, or at most `most`."""

    what: str
    figure: float
    least: float | None = None
    most: float | None = None

    @property
    def bound(self) -> str:
        return f"at least {figure(self.least)}" if self.least is not None else f"at most {figure(self.most or 0.0)}"

    @property
    def met(self) -> bool:
        return (self.least is None or self.figure >= self.least) and (self.most is None or self.figure <= self.most)


class Machine(msgspec.Struct, frozen=True):
    """What it ran on, and how busy that was: `load` is the average of five minutes before the end."""

    cores: int
    system: str
    python: str
    commit_ms: float
    load: float

    @classmethod
    def this(cls) -> "Machine":
        system = f"{platform.system()} {platform.release()} {platform.machine()}"
        load = round(os.getloadavg()[1], 1)
        return cls(os.cpu_count() or 1, system, platform.python_version(), round(commit_ms(), 2), load)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One bench's run; `command` is how to repeat it."""

    bench: str
    command: str
    tables: list[Table]
    goals: list[Goal] = []
    machine: Machine


def keep(report: Report) -> None:
    """Write it down for `make performance`."""
    KEPT.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(report), indent=1)
    (KEPT / f"{report.bench}.json").write_bytes(text + b"\n")


def show(table: Table) -> None:
    """Print the table as it will be on the page."""
    print("\n" + "\n".join(lines(table)), flush=True)


def lines(table: Table) -> list[str]:
    """The table in Markdown, its cells padded so that it reads in a terminal, too."""
    cells = [[table.curve or "", *table.columns], *(_cells(table, row) for row in table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    ruled = [cells[0], ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], *cells[1:]]
    written = ["| " + " | ".join(_padded(row, widths)) + " |" for row in ruled]
    return [f"**{table.title}**", "", *written, *(["", table.note] if table.note else [])]


def figure(value: float) -> str:
    """Three digits that count, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def commit_ms() -> float:
    """What the smallest commit takes on the disk of temporary files, where the benches' ledgers are."""
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        connection = sqlite3.connect(Path(directory, "commits.sqlite"), isolation_level=None)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE commits (number)"):
            connection.execute(statement)
        taken = [_seconds(connection, number) for number in range(COMMITS)]
        connection.close()
    return statistics.median(taken) * 1000


def _seconds(connection: sqlite3.Connection, number: int) -> float:
    began = time.perf_counter()
    connection.execute("INSERT INTO commits VALUES (?)", (number,))
    return time.perf_counter() - began


def _padded(row: list[str], widths: list[int]) -> list[str]:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def _cells(table: Table, row: Row) -> list[str]:
    firsts = table.rows[0].figures
    return [row.name, *(_cell(table, one, first) for one, first in zip(row.figures, firsts, strict=True))]


def _cell(table: Table, one: float | None, first: float | None) -> str:
    if one is None:
        return "-"
    return f"{figure(one)} ({one / first:.2f})" if table.curve and first else figure(one)
