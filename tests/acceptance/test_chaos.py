"""`make chaos` in short: under load, what is acknowledged is neither lost nor done twice, whoever is killed."""

import random

import pytest

from chaos.report import report
from chaos.run import run

KILLS = 10


@pytest.mark.timeout(400)
def test_nothing_is_lost_and_nothing_happens_twice_whoever_is_killed() -> None:
    done = run(random.randrange(2**32), KILLS)
    print(report(done))
    assert done.violations == []
