"""Values of flags."""

import argparse
from datetime import timedelta
from pathlib import Path

import pytest

from mesh.cli.values import address, assignment, count, duration, http_status, payload
from mesh.errors import UsageError
from mesh.options import Address


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("1m30s", 90), ("PT10S", 10), ("PT0.2S", 0.2), ("300ms", 0.3), ("0s", 0)]
)
def test_a_duration_is_written_in_either_form(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["10", "", "ten", "-5s", "PT", "1d"])
def test_another_duration_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:8080", Address("::1", 8080)),
    ],
)
def test_an_address_is_host_and_port(text: str, expected: Address) -> None:
    assert address(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize("text", ["8080", ":8080", "localhost", "localhost:", "localhost:65536", "localhost:-1", "a:²"])
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write HOST:PORT"):
        address(text)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "x"])
def test_a_count_starts_at_one(text: str) -> None:
    assert count("1") == 1
    with pytest.raises(argparse.ArgumentTypeError):
        count(text)


@pytest.mark.parametrize("text", ["199", "600", "ok", "-503"])
def test_a_status_is_a_final_one(text: str) -> None:
    assert http_status("503") == 503
    with pytest.raises(argparse.ArgumentTypeError):
        http_status(text)


def test_an_assignment_ends_its_name_at_the_first_equals_sign() -> None:
    assert assignment("a=b=c") == ("a", "b=c")
    assert assignment("a=") == ("a", "")
    with pytest.raises(argparse.ArgumentTypeError, match="has no '='"):
        assignment("a")


def test_a_payload_is_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_bytes(b"\xff{}")

    assert payload("{}") == b"{}"
    assert payload(f"@{tmp_path}/data.json") == b"\xff{}"


def test_a_missing_file_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="cannot read '/nowhere' of --data @/nowhere: No such file"):
        payload("@/nowhere")
