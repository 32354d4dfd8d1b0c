"""Ports that stay, and the directories that `func invoke` looks for."""

from pathlib import Path

import pytest

from mesh.functions.addresses import FILE, Addresses, Run


def test_a_functions_port_is_the_same_the_next_time(tmp_path: Path) -> None:
    first = Addresses(tmp_path, "127.0.0.1")
    url = first.url("cabs/invoice")
    assert first.url("cabs/invoice") == url
    first.close("cabs/invoice")
    again = Addresses(tmp_path, "127.0.0.1")
    assert again.url("cabs/invoice") == url
    again.close("cabs/invoice")


def test_a_port_that_is_taken_is_replaced(tmp_path: Path) -> None:
    holder, late = Addresses(tmp_path, "127.0.0.1"), Addresses(tmp_path, "127.0.0.1")
    held = holder.url("cabs/invoice")
    assert Addresses(tmp_path, "127.0.0.1")._ports["cabs/invoice"] == int(held.rpartition(":")[2])
    late._ports = dict(holder._ports)
    assert late.url("cabs/invoice") != held
    holder.close("cabs/invoice")
    late.close("cabs/invoice")


@pytest.mark.parametrize("text", ["", "[1]", '{"cabs/invoice": "x"}', "\x00"])
def test_a_broken_file_is_no_obstacle(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    addresses = Addresses(tmp_path, "127.0.0.1")
    assert addresses.url("cabs/invoice").startswith("http://127.0.0.1:")
    addresses.close("cabs/invoice")


def test_func_invoke_finds_a_function_while_it_serves_and_not_afterwards(tmp_path: Path) -> None:
    (tmp_path / "func.yaml").touch()
    with Run(tmp_path, 12345):
        assert [run.name for run in (tmp_path / ".func" / "runs").iterdir()] == ["12345"]
    assert [file.name for file in tmp_path.iterdir()] == ["func.yaml"]


def test_what_a_killed_mesh_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    runs = tmp_path / ".func" / "runs"
    (runs / "1").mkdir(parents=True)
    (runs / "2" / "somebodys").mkdir(parents=True)
    (tmp_path / ".func" / "built-hash").touch()
    with Run(tmp_path, 12345):
        assert sorted(run.name for run in runs.iterdir()) == ["12345", "2"]
    assert (tmp_path / ".func" / "built-hash").exists()
    assert (runs / "2" / "somebodys").exists()
