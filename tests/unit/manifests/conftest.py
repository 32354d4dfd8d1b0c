"""A valid project for every test, to be made wrong."""

from pathlib import Path

import pytest

from support.project_directory import ProjectDirectory


@pytest.fixture
def project(tmp_path: Path) -> ProjectDirectory:
    return ProjectDirectory(tmp_path)
