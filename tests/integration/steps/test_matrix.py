"""Every step in both layouts, as a function, over HTTP and behind the mesh: one table of cases holds in each cell."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import asyncpg
import pytest

from mesh.functions.layouts import Layout
from support import case_table
from support.cases import Outcome, check, check_effect, delivered_twice
from support.layouts import Processes, Url, plain
from support.mesh import processes_naming
from support.mesh_cases import running
from support.steps import STEPS

pytestmark = pytest.mark.timeout(300)

Place = Callable[[], str]

SETTLED = """
SELECT price::text, driver_fee::text, miles,
    array(SELECT about FROM ride_status.notifications WHERE ride_id = $1
          ORDER BY array_position(ARRAY['invoice', 'miles', 'fee'], about)) AS told
FROM ride_status.rides WHERE ride_id = $1 AND invoice_number IS NOT NULL
"""


class Column:
    """One layout, staged once; what a way needs is started for the first of its cells."""

    def __init__(self, layout: Layout, root: Path, make_database: Place) -> None:
        self.layout = layout
        self.databases = {way: make_database() for way in ("function", "http", "mesh")}
        self.processes = Processes(layout, root / "project")
        self._root = root

    def function(self, step: str) -> Path:
        """The step's module, where the layout has it."""
        directory = self.processes.staged[step]
        return directory / ("func.py" if self.layout == "parliament" else "function/func.py")

    def servers(self) -> dict[str, Url]:
        return {step: self.processes.start(step, {"DATABASE_URL": self.databases["http"]}) for step in STEPS}

    def behind_mesh(self) -> dict[str, list[Outcome]]:
        with running(self._root / "mesh", self.layout, self.databases["mesh"]) as cases:
            outcomes = cases.outcomes(case_table.CASES)
        assert processes_naming(str(self._root / "mesh")) == []
        return outcomes


@pytest.fixture(scope="module")
def column(layout: Layout, tmp_path_factory: pytest.TempPathFactory, make_database: Place) -> Column:
    return Column(layout, tmp_path_factory.mktemp(layout), make_database)


@pytest.fixture(scope="module")
def servers(column: Column) -> Iterator[dict[str, Url]]:
    yield column.servers()
    assert set(column.processes.stop()) == {0}


@pytest.fixture(scope="module")
def settled(column: Column) -> dict[str, list[Outcome]]:
    return column.behind_mesh()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("layout", get_args(Layout), scope="module")
async def test_the_table_holds_for_the_function(step: str, column: Column) -> None:
    served = plain(step, {"DATABASE_URL": column.databases["function"]}, column.function(step))
    try:
        for case in case_table.of(step):
            check(case, await delivered_twice(served, case))
            await check_effect(case, column.databases["function"])
    finally:
        served.close()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("layout", get_args(Layout), scope="module")
async def test_the_table_holds_over_http(step: str, column: Column, servers: dict[str, Url]) -> None:
    for case in case_table.of(step):
        check(case, await delivered_twice(servers[step], case))
        await check_effect(case, column.databases["http"])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("layout", get_args(Layout), scope="module")
async def test_the_table_holds_behind_the_mesh(step: str, column: Column, settled: dict[str, list[Outcome]]) -> None:
    for case in case_table.of(step):
        check(case, settled[case.id])
        await check_effect(case, column.databases["mesh"])


@pytest.mark.parametrize("layout", get_args(Layout), scope="module")
@pytest.mark.usefixtures("settled")
async def test_what_follows_from_a_command_settles_behind_the_mesh(column: Column) -> None:
    connection = await asyncpg.connect(column.databases["mesh"])
    ride = await connection.fetchrow(SETTLED, case_table.CASES[0].id)
    await connection.close()
    assert ride
    assert tuple(ride) == ("26.50", "21.20", 7, ["invoice", "miles", "fee"])


def test_no_step_is_without_a_done_and_a_refused_case() -> None:
    statuses = {step: {case.status for case in case_table.of(step)} for step in STEPS}
    assert statuses == {step: {200, 422} for step in STEPS}
