"""`make chaos` in short: under load, what is acknowledged is neither lost nor done twice, whoever is killed."""

import random

import pytest

from chaos.history import KAFKA, MT, BrokerClass
from chaos.report import report
from chaos.run import Plan, run

KILLS = 5


@pytest.mark.timeout(400)
@pytest.mark.parametrize("broker_class", [KAFKA, MT], ids=lambda one: one.name)
def test_nothing_is_lost_and_nothing_happens_twice_whoever_is_killed(broker_class: BrokerClass) -> None:
    done = run(Plan(random.randrange(2**32), KILLS, broker_class))
    print(report(done))
    assert done.violations == []
