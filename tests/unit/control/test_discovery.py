"""How the command line finds the running mesh."""

from pathlib import Path

import pytest

from mesh.control.discovery import Announcement, announce, find, withdraw
from mesh.errors import NotDone, UsageError


def announced(state: Path, port: int) -> Path:
    state.mkdir()
    announce(state, Announcement(console=f"http://127.0.0.1:{port}", pid=1))
    return state


def test_an_announced_mesh_is_found_in_its_state_directory(tmp_path: Path) -> None:
    state = announced(tmp_path / "state", 1)

    assert find(state=state, url=None, environ={}) == "http://127.0.0.1:1"
    assert find(state=None, url=None, environ={"MESH_STATE": str(state)}) == "http://127.0.0.1:1"


def test_a_flag_wins_over_the_environment(tmp_path: Path) -> None:
    state = announced(tmp_path / "state", 1)
    environ = {"MESH_URL": "http://127.0.0.1:2", "MESH_STATE": "/nowhere"}

    assert find(state=state, url=None, environ=environ) == "http://127.0.0.1:1"
    assert find(state=None, url="http://127.0.0.1:3/", environ=environ) == "http://127.0.0.1:3"
    assert find(state=None, url=None, environ=environ) == "http://127.0.0.1:2"


def test_the_default_is_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    announced(tmp_path / ".mesh", 1)
    monkeypatch.chdir(tmp_path)

    assert find(state=None, url=None, environ={}) == "http://127.0.0.1:1"


def test_no_mesh_is_a_sentence_with_the_remedy(tmp_path: Path) -> None:
    state = announced(tmp_path / "state", 1)
    withdraw(state)

    with pytest.raises(NotDone, match=rf"no mesh runs with the state directory {state}: start one with `mesh up`, or"):
        find(state=state, url=None, environ={})


def test_a_broken_announcement_is_named(tmp_path: Path) -> None:
    (tmp_path / "mesh.json").write_text("{")

    with pytest.raises(NotDone, match=r"mesh\.json cannot be read"):
        find(state=tmp_path, url=None, environ={})


@pytest.mark.parametrize("url", ["127.0.0.1:8081", "https://127.0.0.1:8081", "http://", "ftp://x"])
def test_a_url_that_is_no_console_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError, match="not the address of a console"):
        find(state=None, url=url, environ={})
