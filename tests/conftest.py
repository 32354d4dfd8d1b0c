"""What holds for every test, and what a run prints at its end: one in several processes asks no directory below."""

import re

import pytest
from hypothesis import settings

from support.conformance.row import KAFKA, MT

# Name, what it has, and which tests they are.
TABLES = (
    ("matrix of steps, layouts and ways", "cells", re.compile(r"/steps/test_matrix\.py::test_the_table_holds_")),
    (KAFKA, "rows", re.compile(rf"tests/conformance/.*\[{KAFKA}-")),
    (MT, "rows", re.compile(rf"tests/conformance/.*\[{MT}-")),
)

settings.register_profile("without a clock", deadline=None)  # a busy machine is no failure
settings.load_profile("without a clock")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, what, which in TABLES:
        hold = _count(terminalreporter, which, "passed")
        do_not = _count(terminalreporter, which, "failed", "error")
        not_asked = _count(terminalreporter, which, "skipped")
        if hold + do_not + not_asked:
            words = f"{name}: {hold} {what} hold, {do_not} do not, {not_asked} were not asked"
            terminalreporter.write_line(words)


def _count(reporter: pytest.TerminalReporter, which: re.Pattern[str], *outcomes: str) -> int:
    nodes = {report.nodeid for outcome in outcomes for report in reporter.getreports(outcome)}
    return sum(which.search(node) is not None for node in nodes)
