"""What a run's last lines say when the tests ran in other processes than the one that prints."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
ROWS = """
import pytest

@pytest.mark.parametrize("row", ["holds", "does not", "is not asked"])
@pytest.mark.parametrize("run", ["Kafka", "MTChannelBasedBroker"])
def test_row(run, row):
    if row == "is not asked":
        pytest.skip("it needs a cluster")
    assert (run, row) != ("Kafka", "does not")
"""
CELLS = """
import pytest

@pytest.mark.parametrize("cell", ["parliament-invoice", "asgi-invoice"])
def test_the_table_holds_over_http(cell):
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose tests have a few of those names."""
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ntestpaths = tests\npythonpath = {TESTS}\naddopts = -ra\n")
    for file, text in (("conformance/test_rows.py", ROWS), ("integration/steps/test_matrix.py", CELLS)):
        path = tmp_path / "tests" / file
        path.parent.mkdir(parents=True)
        path.write_text(text)
    shutil.copy(TESTS / "conftest.py", tmp_path / "tests")
    return tmp_path


def test_a_run_in_other_processes_counts_what_holds_and_says_why_not_all_was_asked(project: Path) -> None:
    command = (sys.executable, "-m", "pytest", "--numprocesses", "1", "--dist", "loadfile")
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=100, check=False)
    for line in (
        "matrix of steps, layouts and ways: 2 cells hold, 0 do not, 0 were not asked",
        "Kafka: 1 rows hold, 1 do not, 1 were not asked",
        "MTChannelBasedBroker: 2 rows hold, 0 do not, 1 were not asked",
        "SKIPPED [2] tests/conformance/test_rows.py:8: it needs a cluster",
    ):
        assert line in ended.stdout.splitlines(), ended.stdout
