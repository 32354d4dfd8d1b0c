"""The flags of `mesh up`."""

from pathlib import Path

import pytest

from mesh.cli.main import parser
from mesh.cli.up import options
from mesh.errors import UsageError
from mesh.options import Address, UpOptions


def asked(*arguments: str) -> UpOptions:
    return options(parser().parse_args(["up", *arguments]))


def test_the_defaults_are_those_of_the_design(tmp_path: Path) -> None:
    assert asked(str(tmp_path)) == UpOptions(root=tmp_path, state=tmp_path / ".mesh")
    assert UpOptions(root=tmp_path, state=tmp_path).listen == Address("127.0.0.1", 8080)


def test_the_directory_is_the_working_directory_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert asked().root == tmp_path


def test_every_flag_is_taken(tmp_path: Path) -> None:
    flags = ["--console", "[::1]:0", "--grace", "1m", "--layout", "asgi", "--migrate", "-o", "json"]

    assert asked(str(tmp_path), "--listen", "localhost:0", "--state", str(tmp_path / "s"), *flags) == UpOptions(
        root=tmp_path,
        state=tmp_path / "s",
        listen=Address("localhost", 0),
        console=Address("::1", 0),
        grace_seconds=60.0,
        layout="asgi",
        migrate=True,
        output="json",
    )


def test_the_environment_names_the_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESH_STATE", str(tmp_path / "s"))

    assert asked(str(tmp_path)).state == tmp_path / "s"


@pytest.mark.parametrize("flags", [["--listen", "8080"], ["--grace", "-1s"], ["--layout", "flask"], ["--port", "1"]])
def test_a_wrong_flag_is_wrong_usage(flags: list[str]) -> None:
    with pytest.raises(UsageError):
        asked(*flags)
