"""Curves as an SVG: a panel for each table, both axes logarithmic, figures relative to the first point."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from report import Table, figure

WIDTH, HEIGHT, COLUMNS = 440, 300, 2
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 56, 48
COLOURS = ("#3b82c4", "#d9822b", "#3a9d5d", "#a35bb5", "#c0504d")  # between light and dark: seen on both
INK = "#808080"
LEAST_DECADES = 0.1, 10.0


@dataclass(frozen=True)
class Panel:
    """One table's place on the picture, and its scales."""

    table: Table
    left: float
    top: float

    @property
    def ratios(self) -> list[list[float | None]]:
        """For each column, its figures by its first one."""
        columns = zip(*(row.figures for row in self.table.rows), strict=True)
        return [[one / figures[0] if one and figures[0] else None for one in figures] for figures in columns]

    @property
    def span(self) -> tuple[float, float]:
        """The powers of ten between which all lie."""
        known = [ratio for ratios in self.ratios for ratio in ratios if ratio]
        low, high = min([*known, LEAST_DECADES[0]]), max([*known, LEAST_DECADES[1]])
        return math.floor(math.log10(low)), math.ceil(math.log10(high))

    def x(self, index: int) -> float:
        places = [math.log10(place) for place in places_of(self.table)]
        share = (places[index] - places[0]) / ((places[-1] - places[0]) or 1)
        return self.left + LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, ratio: float) -> float:
        low, high = self.span
        share = (math.log10(ratio) - low) / (high - low)
        return self.top + HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def places_of(table: Table) -> list[float]:
    """Where the rows lie; nothing at all, which has no logarithm, lies a tenth before the first of the others."""
    known = [row.at or 0.0 for row in table.rows]
    least = min(place for place in known if place)
    return [place or least / 10 for place in known]


def drawn(tables: Sequence[Table]) -> str:
    panels = [Panel(table, number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT) for number, table in enumerate(tables)]
    width, height = COLUMNS * WIDTH, math.ceil(len(panels) / COLUMNS) * HEIGHT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    return "\n".join([head, *(line for panel in panels for line in _panel(panel)), "</svg>"]) + "\n"


def _panel(panel: Panel) -> Iterator[str]:
    yield _text(panel.left + LEFT, panel.top + 18, panel.table.title, size=13)
    yield from _legend(panel)
    yield from _axes(panel)
    for colour, ratios in zip(COLOURS, panel.ratios, strict=False):
        known = [(panel.x(index), panel.y(ratio)) for index, ratio in enumerate(ratios) if ratio]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in known)


def _legend(panel: Panel) -> Iterator[str]:
    for number, (colour, column) in enumerate(zip(COLOURS, panel.table.columns, strict=False)):
        left, top = panel.left + LEFT + number * 74, panel.top + 38
        yield f'<rect x="{left}" y="{top - 8}" width="8" height="8" fill="{colour}"/>'
        yield _text(left + 11, top, column, size=9)


def _axes(panel: Panel) -> Iterator[str]:
    right, bottom = panel.left + WIDTH - RIGHT, panel.top + HEIGHT - BOTTOM
    low, high = panel.span
    for power in range(int(low), int(high) + 1):
        y = panel.y(10.0**power)
        strong = 1.0 if power == 0 else 0.35
        yield f'<path d="M{panel.left + LEFT} {y:.1f}H{right}" stroke="{INK}" stroke-opacity="{strong}"/>'
        yield _text(panel.left + LEFT - 6, y + 4, f"{figure(10.0**power)} ×", anchor="end")
    for index, row in enumerate(panel.table.rows):
        yield _text(panel.x(index), bottom + 16, row.name, anchor="middle")
    yield _text((panel.left + LEFT + right) / 2, bottom + 34, panel.table.curve or "", anchor="middle")


def _text(x: float, y: float, text: str, *, size: int = 11, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
