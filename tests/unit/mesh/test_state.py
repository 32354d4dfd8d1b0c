"""The state directory and what is in it are for their owner alone."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from mesh.control.discovery import Announcement, announce
from mesh.functions.addresses import Addresses
from mesh.ledger.sqlite import SqliteLedger
from mesh.state import held


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("user", "expected"), [(1000, 0o700), (0, 0o711)])
def test_a_new_directory_is_its_owners_and_roots_lets_postgres_pass_through(
    state: Path, monkeypatch: pytest.MonkeyPatch, user: int, expected: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with held(state):
        assert mode(state) == expected


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with held(tmp_path):
        assert mode(tmp_path) == 0o755


def test_no_file_in_it_is_for_others(state: Path) -> None:
    with held(state), closing(SqliteLedger(state / "ledger.sqlite")):
        announce(state, Announcement("http://127.0.0.1:8081", 1))
        addresses = Addresses(state, "127.0.0.1")
        addresses.listening("cabs/invoice")
        addresses.close("cabs/invoice")
        assert {file.name: oct(mode(file)) for file in state.iterdir() if mode(file) & 0o077} == {}
        assert len(list(state.iterdir())) >= 4
