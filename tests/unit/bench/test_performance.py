"""docs/performance.md is drawn from docs/performance.json alone, and says what is in it."""

import re
from pathlib import Path

import chart
import msgspec
import performance
import pytest
from report import Goal, Report, Row, Table, lines

KEPT = msgspec.json.decode((performance.DOCS / performance.FIGURES).read_bytes(), type=list[Report])
REMEDY = "run: make performance"


def curve(*figures: float | None, first_at: float = 1.0) -> Table:
    places = [first_at, *(10.0**power for power in range(1, len(figures)))]
    rows = [Row(f"{place:g}", [one], place) for place, one in zip(places, figures, strict=True)]
    return Table(title="T", columns=["events/s"], rows=rows, curve="triggers")


def points(picture: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', picture)]


def test_the_kept_page_and_its_picture_are_what_the_kept_figures_say() -> None:
    assert (performance.DOCS / performance.PAGE).read_text() == performance.page(KEPT), REMEDY
    assert (performance.DOCS / performance.PICTURE).read_text() == chart.drawn(performance.curves(KEPT)), REMEDY


def test_a_bench_that_did_not_run_again_keeps_its_place_on_the_page(tmp_path: Path) -> None:
    file = tmp_path / "performance.json"
    assert performance.read(file) == {}
    file.write_bytes(msgspec.json.encode(KEPT))
    assert list(performance.read(file).values()) == KEPT


def test_a_curve_tells_each_figure_by_the_first_and_what_was_not_measured() -> None:
    assert lines(curve(2000, 500, None))[2:] == [
        "| triggers |     events/s |",
        "| -------- | -----------: |",
        "| 1        | 2,000 (1.00) |",
        "| 10       |   500 (0.25) |",
        "| 100      |            - |",
    ]


def test_a_goal_is_met_on_its_bound_and_not_beyond() -> None:
    assert [Goal(what="", figure=figure, least=2).met for figure in (1.9, 2, 2.1)] == [False, True, True]
    assert [Goal(what="", figure=figure, most=2).met for figure in (1.9, 2, 2.1)] == [True, True, False]


def test_a_figure_that_stays_is_drawn_level_and_each_decade_is_as_high() -> None:
    (_, first), (_, same), (_, tenth), (_, hundredth) = points(chart.drawn([curve(100, 100, 10, 1)]))
    assert first == same < tenth < hundredth
    assert hundredth - tenth == pytest.approx(tenth - first, abs=0.2)


def test_no_backlog_at_all_lies_a_decade_before_the_smallest() -> None:
    (nothing, _), (ten, _), (hundred, _) = points(chart.drawn([curve(1, 1, 1, first_at=0)]))
    assert hundred - ten == pytest.approx(ten - nothing, abs=0.2)


def test_what_was_not_measured_is_not_drawn() -> None:
    assert len(points(chart.drawn([curve(3, None, 2)]))) == 2
