"""Staged directories, installed and started as func's builders do it, do with the table's events what it says."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from step.messages import Answer, Request
from support import case_table
from support.builders import Built, by_procfile, host_image, legacy
from support.cases import Case, Outcome, check, check_effect
from support.poetry import pack
from support.steps import STEPS, post, settings_of
from support.visiting import need_namespaces, visited

pytestmark = pytest.mark.timeout(400)  # pip fetches what it has not cached

AT_ONCE = 2
REFUSED = {400: Request("POST", "/", {}, [], b"{}"), 404: Request("GET", "/x", {}, [], b"")}
All = Mapping[str, Built]


@dataclass(frozen=True)
class Visits:
    """Every step that a builder built, served and asked; the effects are in the database."""

    answers: Mapping[str, "Future[list[Answer]]"]
    database_url: str


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> All:
    """What pack and s2i install alike for parliament."""
    return legacy(tmp_path_factory.mktemp("parliament"))


@pytest.fixture(scope="module")
def visit(make_database: Callable[[], str]) -> Callable[[All], Visits]:
    need_namespaces()

    def ask(steps: All) -> Visits:
        url = make_database()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return Visits({step: pool.submit(asked, step, built, url) for step, built in steps.items()}, url)

    return ask


def asked(step: str, built: Built, database_url: str) -> list[Answer]:
    """Nothing but the staged files tells the step's name."""
    settings = settings_of(step) | {"DATABASE_URL": database_url}
    del settings["K_SERVICE"]
    return visited(built, settings, [*(one for case in case_table.of(step) for one in sent(case)), *REFUSED.values()])


def sent(case: Case) -> list[Request]:
    before = [post(case.before)] if case.before else []
    return [*before, post(case.sent), post(case.sent)]


async def check_step(step: str, visits: Visits) -> None:
    answers = visits.answers[step].result()
    for case in case_table.of(step):
        own, answers = answers[: len(sent(case))], answers[len(sent(case)) :]
        check(case, [Outcome.of(answer) for answer in own[-2:]])
        await check_effect(case, visits.database_url)
    assert [answer.status for answer in answers] == list(REFUSED)


@pytest.fixture(scope="module")
def of_pack(installed: All, visit: Callable[[All], Visits]) -> Visits:
    return visit({step: by_procfile(built) for step, built in installed.items()})


@pytest.mark.parametrize("step", STEPS)
async def test_what_pack_installs_for_parliament_runs_by_its_procfile(step: str, of_pack: Visits) -> None:
    await check_step(step, of_pack)


@pytest.fixture(scope="module")
def of_s2i(installed: All, visit: Callable[[All], Visits]) -> Visits:
    return visit({step: replace(built, command=("./app.sh",)) for step, built in installed.items()})


@pytest.mark.parametrize("step", STEPS)
async def test_what_s2i_installs_for_parliament_runs_by_its_executable_app_sh(step: str, of_s2i: Visits) -> None:
    await check_step(step, of_s2i)


@pytest.fixture(scope="module")
def of_host(visit: Callable[[All], Visits], tmp_path_factory: pytest.TempPathFactory) -> Visits:
    return visit(host_image(tmp_path_factory.mktemp("host")))


@pytest.mark.parametrize("step", STEPS)
async def test_what_the_host_builder_puts_into_an_image_runs(step: str, of_host: Visits) -> None:
    await check_step(step, of_host)


@pytest.fixture(scope="module")
def of_poetry(visit: Callable[[All], Visits], tmp_path_factory: pytest.TempPathFactory) -> Visits:
    return visit(pack(tmp_path_factory.mktemp("pack")))


@pytest.mark.parametrize("step", STEPS)
async def test_what_pack_installs_with_poetry_runs(step: str, of_poetry: Visits) -> None:
    await check_step(step, of_poetry)
