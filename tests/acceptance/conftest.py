"""A mesh on a copy of the repository's own project, one for each module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.mesh import MeshUp, copied_project, processes_naming


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def mesh(project: Path) -> Iterator[MeshUp]:
    up = MeshUp(project, project / ".mesh")
    up.start()
    yield up
    up.end()
    assert processes_naming(str(project)) == []
