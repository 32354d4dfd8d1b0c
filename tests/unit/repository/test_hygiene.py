"""What no tracked file may hold: a registry's address, or the path of somebody's machine."""

import re
from pathlib import Path

import pytest

from support.tracked import ROOT, tracked

# Written in two parts, so that this file does not hold what it looks for.
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "docker" + ".io", "quay" + ".io", "ghcr" + ".io", "gcr" + ".io"]
REGISTRY_SETTINGS = ["index" + "-url", "extra-index" + "-url", "find" + "-links", "trusted" + "-host"]
HOMES = ["/" + "root/", "/" + "home/[a-z]", "/" + "Users/[A-Za-z]"]


def holding(pattern: str) -> list[str]:
    """Name each line that matches, as `file:line`."""
    found = re.compile(pattern)
    return [
        f"{name}:{number}"
        for name, text in tracked().items()
        for number, line in enumerate(text.splitlines(), 1)
        if found.search(line)
    ]


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_the_host_of_a_registry(host: str) -> None:
    assert holding(re.escape(host)) == []


@pytest.mark.parametrize("setting", REGISTRY_SETTINGS)
def test_no_file_says_where_packages_are_to_come_from(setting: str) -> None:
    assert holding(re.escape(setting)) == []


@pytest.mark.parametrize("home", HOMES)
def test_no_file_holds_a_path_in_somebodys_home(home: str) -> None:
    assert holding(rf"(?<![\w.]){home}") == []


def test_no_file_holds_the_path_of_the_checkout() -> None:
    if ROOT.parent == Path("/"):
        pytest.skip("the checkout is at the top of the file system: its parent names nothing")
    assert holding(rf"{re.escape(str(ROOT.parent))}/") == []


def test_every_text_file_ends_with_one_line_end() -> None:
    assert [
        name for name, text in tracked().items() if text and (not text.endswith("\n") or text.endswith("\n\n"))
    ] == []
